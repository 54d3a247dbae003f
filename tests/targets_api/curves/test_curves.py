"""The curve of a target says of each day what progress said of it."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any, Final

import pytest

from targets_api.main import create_app
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import (
    CAM_THACH,
    HEALTH,
    LAUNCH,
    TargetsService,
    a_cancellation,
    an_ended_unit,
    sign_ups,
)

START: Final = date(2025, 10, 6)
PERIOD: Final = {"starts_on": str(START), "ends_on": "2025-11-05"}


async def curve(service: TargetsService, target: dict[str, Any], owner: str = f"units/{CAM_THACH}") -> dict[str, Any]:
    """Of a target."""
    answer = await service.http.get(f"/v1/progress/{owner}/pace", params={"target_id": target["id"]})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def history(service: TargetsService) -> None:
    """Sign-ups of some days, late and cancelled ones among them."""
    for day, n in ((-1, 2), (0, 3), (4, 6), (9, 1), (19, 4)):
        signed = sign_ups(n, signed_on=START + timedelta(days=day))
        await service.handle([*signed, a_cancellation(signed[0])])
        await service.handle(sign_ups(1, kind="renewal", unit_code="15142-01", signed_on=START + timedelta(days=day)))


SCOPES: Final[dict[str, dict[str, str]]] = {
    f"units/{CAM_THACH}": {"unit_code": CAM_THACH},
    "units/38": {"unit_code": "38"},
    "organisations/VNPOST": {"organisation_code": "VNPOST"},
    "organisations/CT": {"organisation_code": "CT", "unit_code": CAM_THACH},
    "collectors/CT-07": {"collector_code": "CT-07"},
    "organisations/vnpost": {"organisation_code": "VNPOST", "unit_code": "38"},
    "collectors/ct-07": {"collector_code": "CT-07", "organisation_code": "CT"},
}


async def assert_as_told(service: TargetsService, owner: str, target: dict[str, Any]) -> None:
    """The shortfall of each day that has come is that of progress as of that day."""
    found = await curve(service, target, owner)
    assert [point["on"] for point in found["points"]] == [str(START + timedelta(days=n)) for n in range(31)]
    for point in found["points"]:
        if point["on"] > str(LAUNCH):
            assert point["achieved"] is None
            continue
        shown = (await service.progress(owner, on=point["on"]))["targets"]
        [told] = [each for each in shown if each["id"] == target["id"]]
        short_by = max(0, math.ceil(round(point["expected"] - point["achieved"], 6)))
        assert short_by == told["short_by"], point


@pytest.mark.parametrize("owner", SCOPES)
async def test_a_point_is_what_progress_says_of_that_day(service: TargetsService, owner: str) -> None:
    await history(service)
    for measure in ("new", "renewal"):
        target = await service.target(scope=SCOPES[owner], measure=measure, value=40, **PERIOD)
        await assert_as_told(service, owner, target)


async def test_a_stock_is_told_by_the_baselines_of_each_day(service: TargetsService) -> None:
    await history(service)
    await service.baseline(date(2025, 10, 1), population=200, covered=100)
    await service.baseline(date(2025, 10, 20), population=220, covered=120)
    for measure, value in (("coverage", 0.95), ("in_force", 190)):
        await assert_as_told(
            service, f"units/{CAM_THACH}", await service.target(measure=measure, value=value, **PERIOD)
        )


async def test_a_point_is_expected_by_the_value_that_the_target_had(service: TargetsService) -> None:
    service.runtime.clock.pin(date(2025, 10, 16))
    target = await service.target(value=40, **PERIOD)
    body = {"version": 1, "value": 400, "from": "2025-10-16", "reason": "tenfold"}
    assert (await service.http.post(f"/v1/targets/{target['id']}/revision", json=body)).status_code == 200
    service.runtime.clock.pin(LAUNCH)
    await assert_as_told(service, f"units/{CAM_THACH}", target)
    points = {point["on"]: point["expected"] for point in (await curve(service, target))["points"]}
    assert points["2025-10-15"] < 40 < points["2025-10-16"]
    assert points["2025-11-05"] == 400


async def test_a_curve_ends_where_the_target_was_withdrawn(service: TargetsService) -> None:
    target = await service.target(**PERIOD)
    body = {"version": 1, "reason": "no more"}
    assert (await service.http.post(f"/v1/targets/{target['id']}/withdrawal", json=body)).status_code == 200
    assert [point["on"] for point in (await curve(service, target))["points"]][-1] == "2025-10-24"


async def test_the_curve_of_a_successor_has_what_was_signed_up_before_it(service: TargetsService) -> None:
    target = await service.target(scope={"unit_code": "15127"}, value=40, **PERIOD)
    await history(service)
    await service.handle([an_ended_unit(CAM_THACH, "CS-CT", date(2025, 10, 20), "15127")])
    await assert_as_told(service, "units/15127", target)
    assert (await curve(service, target, "units/15127"))["points"][19]["achieved"] == 10


async def test_a_curve_of_years_has_few_points(service: TargetsService) -> None:
    await history(service)
    target = await service.target(starts_on="2024-01-01", ends_on="2027-12-31", value=400)
    points = (await curve(service, target))["points"]
    assert (len(points) <= 400, points[-1]["on"]) == (True, "2027-12-31")
    assert [point["achieved"] for point in points if point["on"] <= "2025-10-25"][-1] == 11


async def test_a_change_is_in_the_next_curve(service: TargetsService) -> None:
    target = await service.target(value=40, **PERIOD)
    for n in (1, 2):
        await service.handle(sign_ups(1))
        points = {point["on"]: point["achieved"] for point in (await curve(service, target))["points"]}
        assert points["2025-10-25"] == n


@pytest.mark.parametrize(
    ("owner", "scope"),
    [
        ("units/15127", {"unit_code": CAM_THACH}),
        ("units/nobody", {"unit_code": CAM_THACH}),
        (f"units/{CAM_THACH}", {"unit_code": CAM_THACH, "organisation_code": "CT"}),
        ("organisations/CT", {"organisation_code": "CT", "collector_code": "CT-07"}),
        ("collectors/CT-08", {"collector_code": "CT-07"}),
    ],
)
async def test_a_target_that_progress_does_not_show_of_the_owner_has_no_curve(
    service: TargetsService, owner: str, scope: dict[str, str]
) -> None:
    target = await service.target(scope=scope, **PERIOD)
    answer = await service.http.get(f"/v1/progress/{owner}/pace", params={"target_id": target["id"]})
    assert (answer.status_code, answer.json()["type"]) == (404, "http://test/problems/no-such-target")


async def test_an_organisation_sees_the_curves_of_its_own_targets(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    own = await service.target(scope={"collector_code": "CT-07"}, **PERIOD)
    above = await service.target(scope={"collector_code": "CT-07", "organisation_code": "VNPOST"}, **PERIOD)
    app = create_app(service.runtime)
    for org, expected in (("CT", [200, 404]), ("VNPOST", [200, 200]), ("NL", [404, 404])):
        client = await client_for(app, token_for(service.runtime, org=org, scope="progress:own"))
        answers = [
            await client.get("/v1/progress/collectors/CT-07/pace", params={"target_id": target["id"]})
            for target in (own, above)
        ]
        assert [answer.status_code for answer in answers] == expected
    refused = await client.get(f"/v1/progress/units/{CAM_THACH}/pace", params={"target_id": own["id"]})
    assert refused.status_code == 403


async def test_a_curve_is_a_table_with_a_row_for_each_point(service: TargetsService) -> None:
    target = await service.target(**PERIOD)
    answer = await service.http.get(
        f"/v1/progress/units/{CAM_THACH}/pace", params={"target_id": target["id"]}, headers={"Accept": "text/csv"}
    )
    head, first, *rest = answer.text.removeprefix("\ufeff").splitlines()
    assert head.split(",")[-2:] == ["achieved", "expected"]
    assert first.split(",")[-2] == "0"
    assert len(rest) == 30
    assert HEALTH in first
