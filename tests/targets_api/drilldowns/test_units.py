"""Those who signed up in a unit and below it: the same as sign-ups one by one, whatever is folded."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest

from services.contracts.enrolment import EnrolmentCancelled, EnrolmentEvent
from services.pages import MOST
from services.web.table_body import CSV
from targets_api.drilldowns.unit_queries import NARROW
from targets_api.ledger.splits import split
from targets_api.main import create_app
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import (
    CAM_THACH,
    HEALTH,
    TargetsService,
    a_cancellation,
    a_collector,
    a_correction,
    a_sign_up,
    a_unit,
    an_ended_unit,
    sign_ups,
)

PAID: Final = 1_263_600
BELOW: Final = {
    "38": ["38", "CS-CT", CAM_THACH, "15127", "15142-01", "15142-02", "OLD"],
    "CS-CT": ["CS-CT", CAM_THACH, "15127", "15142-01", "15142-02", "OLD"],
    CAM_THACH: [CAM_THACH, "15142-01", "15142-02", "OLD"],
    "15127": ["15127"],
    "OLD": ["OLD"],
    "40": ["40"],
}
"""Each unit with those below it; OLD ended in favour of Cẩm Thạch."""
DAYS: Final = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 8, 31), date(2025, 9, 1), date(2025, 10, 25)]
COUNTS: Final = ("new", "renewal", "cancelled", "net", "contributions", "without_amount")


async def a_field(service: TargetsService) -> list[EnrolmentEvent]:
    """Many sign-ups, of which some were cancelled, some corrected to another unit; their newest versions. OLD ended
    after the sign-ups, and a collector moved to an organisation that signed up nothing."""
    chance = random.Random(7)  # noqa: S311 - the same field each time
    await service.handle([a_unit("40", None, "province"), a_unit("OLD", "CS-CT"), a_collector("NL-01", "NL")])
    signed = [
        a_sign_up(
            unit_code=chance.choice([*BELOW["38"], "40"]),
            organisation_code=organisation,
            collector_code=collector,
            kind=chance.choice(["new", "renewal"]),
            signed_on=chance.choice(DAYS),
        )
        for organisation, collector in [("CT", "CT-07"), ("CT", "CT-08"), ("NL", "NL-01"), ("NL", "CT-08")] * 12
    ]
    await service.handle(signed)
    cancelled = [a_cancellation(each) for each in signed[::5]]
    corrected = [a_correction(each, unit_code="40") for each in signed[1::5]]
    await service.handle([*cancelled, *corrected])
    await service.handle([an_ended_unit("OLD", "CS-CT", date(2025, 10, 1), CAM_THACH)])
    await service.handle([a_collector("CT-08", "VNPOST", version=2)])
    rest = [each for place, each in enumerate(signed) if place % 5 > 1]
    return [*cancelled, *corrected, *rest]


def by_hand(
    events: Sequence[EnrolmentEvent], unit: str, owner: str, start: date, on: date
) -> dict[str, tuple[int, ...]]:
    """The counts of each owner, one sign-up after the other."""
    sums: dict[str, list[int]] = {}
    for event in events:
        facts = event.data
        if facts.unit_code in BELOW[unit] and start <= facts.signed_on <= on:
            counts = sums.setdefault(getattr(facts, f"{owner}_code"), [0, 0, 0, 0, 0, 0])
            cancelled = isinstance(event, EnrolmentCancelled)
            counts[0 if facts.kind == "new" else 1] += 1
            counts[2] += cancelled
            counts[3] += not cancelled
            counts[4] += 0 if cancelled else PAID
    return {code: tuple(counts) for code, counts in sorted(sums.items())}


async def told(service: TargetsService, unit: str, owner: str, **params: Any) -> dict[str, tuple[int, ...]]:
    """The counts of all pages."""
    found: dict[str, tuple[int, ...]] = {}
    after: dict[str, str] = {}
    while True:
        page = await service.progress(f"units/{unit}/{owner}s", **params, **after)
        assert page["unit_code"] == unit
        found |= {each[owner]["code"]: tuple(each[name] for name in COUNTS) for each in page["items"]}
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


@pytest.mark.parametrize("owner", ["organisation", "collector"])
@pytest.mark.parametrize("is_wide", [False, True])
async def test_each_page_is_what_sign_ups_one_by_one_are(service: TargetsService, owner: str, is_wide: bool) -> None:
    events = await a_field(service)
    if is_wide:
        many = [a_unit(f"V-{unit}-{n}", unit, "village") for unit in ("OLD", "15127") for n in range(NARROW)]
        await service.handle(many)
    for _ in ("not folded", "folded"):
        for unit in BELOW:
            for start, on in [(DAYS[0], DAYS[-1]), (DAYS[1], DAYS[-1]), (DAYS[2], DAYS[3]), (DAYS[3], DAYS[3])]:
                params = {"from": start.isoformat(), "on": on.isoformat(), "limit": 2}
                assert await told(service, unit, owner, **params) == by_hand(events, unit, owner, start, on)
        await split(service.runtime.database)


@pytest.mark.parametrize("owner", ["organisation", "collector"])
async def test_they_add_up_to_the_unit(service: TargetsService, owner: str) -> None:
    await a_field(service)
    for unit in BELOW:
        whole = await service.progress(f"units/{unit}")
        sums = [sum(column) for column in zip(*(await told(service, unit, owner)).values(), strict=True)]
        assert sums == [whole[name] for name in COUNTS]


async def test_a_collector_who_moved_is_shown_with_the_organisation_of_now(service: TargetsService) -> None:
    await service.handle(sign_ups(2))
    for version, organisation in enumerate(["CT", "NL", "VNPOST"], start=1):
        await service.handle([a_collector("CT-07", organisation, version=version)])
        [found] = (await service.progress(f"units/{CAM_THACH}/collectors"))["items"]
        assert (found["collector"], found["new"]) == ({"code": "CT-07", "organisation_code": organisation}, 2)
    [signed] = (await service.progress(f"units/{CAM_THACH}/organisations"))["items"]
    assert (signed["organisation"]["code"], signed["new"]) == ("CT", 2)


async def test_targets_are_those_that_name_the_unit(service: TargetsService) -> None:
    await service.handle(sign_ups(3))
    days = {"starts_on": "2025-10-01", "ends_on": "2025-12-31"}
    for unit in (CAM_THACH, "38"):
        await service.target(scope={"unit_code": unit, "organisation_code": "CT"}, value=30, **days)
    await service.target(scope={"organisation_code": "CT"}, **days)
    await service.target(scope={"unit_code": CAM_THACH, "organisation_code": "CT", "collector_code": "CT-07"}, **days)
    await service.target(scope={"unit_code": CAM_THACH}, **days)
    for owner, scope in [
        ("organisation", {"unit_code": CAM_THACH, "organisation_code": "CT"}),
        ("collector", {"unit_code": CAM_THACH, "organisation_code": "CT", "collector_code": "CT-07"}),
    ]:
        [found] = (await service.progress(f"units/{CAM_THACH}/{owner}s"))["items"]
        assert [each["scope"] for each in found["targets"]] == [scope]
        assert found["targets"][0]["because"].startswith("3 of ")


async def test_a_change_is_in_the_next_page(service: TargetsService) -> None:
    await service.handle([one := a_sign_up(), *sign_ups(1)])
    for correction, expected in (
        ([], [("CT", 2)]),
        ([a_correction(one, organisation_code="NL")], [("CT", 1), ("NL", 1)]),
    ):
        await service.handle(correction)
        items = (await service.progress("units/38/organisations"))["items"]
        assert [(each["organisation"]["code"], each["new"]) for each in items] == expected
        [collector] = (await service.progress("units/38/collectors"))["items"]
        assert collector["new"] == 2


@pytest.mark.parametrize("owner", ["organisation", "collector"])
async def test_codes_are_one_in_any_case_and_an_unknown_unit_is_a_problem(service: TargetsService, owner: str) -> None:
    await service.handle(sign_ups(1))
    assert (await service.progress(f"units/cs-ct/{owner}s"))["unit_code"] == "CS-CT"
    answer = await service.http.get(f"/v1/progress/units/NONE/{owner}s", params={"scheme": HEALTH})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "no-such-owner")
    assert "no unit NONE" in answer.json()["detail"]


@pytest.mark.parametrize("owner", ["organisation", "collector"])
async def test_a_unit_is_shown_to_whoever_may_know_of_everybody(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor, owner: str
) -> None:
    client = await client_for(create_app(service.runtime), token_for(service.runtime, org="CT", scope="progress:own"))
    answer = await client.get(f"/v1/progress/units/{CAM_THACH}/{owner}s", params={"scheme": HEALTH})
    assert answer.status_code == 403


async def test_all_pages_are_one_file(service: TargetsService) -> None:
    codes = [f"CT-{n}" for n in range(1000, 1001 + MOST)]
    await service.handle([a_collector(code) for code in codes])
    await service.handle([*(a_sign_up(collector_code=code) for code in codes), a_sign_up(organisation_code="NL")])
    for owner, expected in (("organisation", ["CT", "NL"]), ("collector", ["CT-07", *codes])):
        path = f"/v1/progress/units/38/{owner}s"
        answer = await service.http.get(path, params={"scheme": HEALTH}, headers={"Accept": CSV})
        assert answer.status_code == 200, answer.text
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
        assert [(row["unit_code"], row[f"{owner}_code"]) for row in rows] == [("38", code) for code in expected]
