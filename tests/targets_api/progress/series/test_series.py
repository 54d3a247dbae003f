"""A series has every day of the period, and adds up to what progress tells of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import pytest

from targets_api.ledger.rollups import roll_up
from targets_api.progress.series.schemas import MOST_POINTS
from tests.targets_api.builders import HEALTH, LAUNCH, TargetsService, a_cancellation, a_correction, sign_ups

OWNERS: Final = ("units/15142", "units/38", "organisations/VNPOST", "collectors/CT-07")
PAID: Final = 1_263_600


async def series(service: TargetsService, owner: str = "units/38", **params: Any) -> list[dict[str, Any]]:
    """The points of the owner."""
    points: list[dict[str, Any]] = (await service.progress(f"{owner}/series", **params))["points"]
    return points


def a_day(n: int) -> date:
    """So many days before the launch day."""
    return LAUNCH - timedelta(days=n)


@pytest.mark.parametrize("owner", OWNERS)
async def test_points_are_clipped_to_the_period_and_empty_ones_are_there(service: TargetsService, owner: str) -> None:
    await service.handle([*sign_ups(2), *sign_ups(3, kind="renewal", signed_on=date(2025, 8, 31))])
    points = await series(service, owner, **{"from": "2025-08-15", "by": "month"})
    assert [(p["starts_on"], p["ends_on"], p["new"], p["renewal"], p["cumulative"]) for p in points] == [
        ("2025-08-15", "2025-08-31", 0, 3, 3),
        ("2025-09-01", "2025-09-30", 0, 0, 3),
        ("2025-10-01", "2025-10-25", 2, 0, 5),
    ]
    assert [p["cumulative_contributions"] for p in points] == [3 * PAID, 3 * PAID, 5 * PAID]


@pytest.mark.parametrize("by", ["day", "week", "month"])
@pytest.mark.parametrize("owner", OWNERS)
async def test_points_add_up_to_progress_whether_folded_or_not(service: TargetsService, owner: str, by: str) -> None:
    signed = [each for n in range(9) for each in sign_ups(n, signed_on=a_day(17 * n), kind=["new", "renewal"][n % 2])]
    await service.handle(signed)
    await service.handle([a_cancellation(signed[3]), a_correction(signed[7], signed_on=a_day(1), amount_paid=1)])
    period = {"from": a_day(130).isoformat()}
    for _ in ("some not folded", "all folded"):
        points, whole = await series(service, owner, by=by, **period), await service.progress(owner, **period)
        for name in ("new", "renewal", "cancelled", "net", "contributions"):
            assert sum(point[name] for point in points) == whole[name], name
        assert points[-1]["cumulative"] == whole["net"]
        await roll_up(service.runtime.database)


async def test_what_changes_is_in_the_next_answer(service: TargetsService) -> None:
    [one] = sign_ups(1)
    await service.handle([one])
    assert (await series(service))[-1]["net"] == 1
    await service.handle([a_cancellation(one)])
    assert (await series(service))[-1]["net"] == 0


async def test_too_many_points_are_refused_with_what_to_do(service: TargetsService) -> None:
    first = LAUNCH - timedelta(days=MOST_POINTS)
    for start, status in ((first + timedelta(days=1), 200), (first, 422)):
        params = {"scheme": HEALTH, "by": "day", "from": start.isoformat()}
        answer = await service.http.get("/v1/progress/units/38/series", params=params)
        assert answer.status_code == status, answer.text
    assert answer.json()["errors"] == [
        {
            "pointer": "/query/by",
            "detail": "these would be 1,101 points, and 1,100 are answered at most: ask for weeks or months, or for "
            "fewer days",
        }
    ]


async def test_an_owner_that_is_not_known_is_named(service: TargetsService) -> None:
    answer = await service.http.get("/v1/progress/units/99999/series", params={"scheme": HEALTH})
    assert (answer.status_code, "99999" in answer.json()["detail"]) == (404, True)


async def test_a_code_in_another_case_is_the_same_owner(service: TargetsService) -> None:
    await service.handle(sign_ups(2))
    assert (await series(service, "organisations/vnpost"))[-1]["net"] == 2
