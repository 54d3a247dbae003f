"""The same days of another period, beside those that are asked for."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pytest

from tests.targets_api.builders import HEALTH, TargetsService, a_cancellation, sign_ups

PAID: Final = 1_263_600
OWNERS: Final = ("units/15142", "units/38", "organisations/VNPOST", "collectors/CT-07")


async def two_years(service: TargetsService) -> None:
    """Two renewals that stand and one cancelled in 2024, three new ones in 2025; and what lies on no day of either."""
    before = sign_ups(3, kind="renewal", signed_on=date(2024, 10, 25))
    beyond = [*sign_ups(1, signed_on=date(2024, 10, 26)), *sign_ups(1, signed_on=date(2023, 12, 31))]
    await service.handle([*before, *beyond, *sign_ups(3)])
    await service.handle([a_cancellation(before[0])])


@pytest.mark.parametrize("owner", OWNERS)
async def test_the_figures_of_the_year_before_end_on_the_same_date(service: TargetsService, owner: str) -> None:
    await two_years(service)
    told = await service.progress(owner, compared_with="previous_year")
    assert told["compared_with"] == {
        "period": "previous_year",
        "from": "2024-01-01",
        "on": "2024-10-25",
        "new": 0,
        "renewal": 3,
        "cancelled": 1,
        "net": 2,
        "contributions": 2 * PAID,
        "without_amount": 0,
        "difference": {"new": 3, "renewal": -3, "cancelled": -1, "net": 1, "contributions": PAID},
    }


async def test_children_are_compared_each_with_its_own_past(service: TargetsService) -> None:
    await two_years(service)
    items = (await service.progress("units/CS-CT/children", compared_with="previous_year"))["items"]
    assert {item["unit"]["code"]: item["compared_with"]["renewal"] for item in items} == {"15142": 3, "15127": 0}


async def test_the_period_before_has_as_many_days(service: TargetsService) -> None:
    await two_years(service)
    period: dict[str, Any] = {"from": "2024-10-26", "on": "2024-10-26", "compared_with": "previous_period"}
    other = (await service.progress("units/38", **period))["compared_with"]
    assert (other["from"], other["on"], other["renewal"], other["difference"]["new"]) == (
        *("2024-10-25", "2024-10-25"),
        *(3, 1),
    )


async def test_nothing_is_compared_unless_that_is_asked_for(service: TargetsService) -> None:
    assert "compared_with" not in await service.progress("units/38")
    answer = await service.http.get(
        "/v1/progress/units/38", params={"scheme": HEALTH, "compared_with": "previous_month"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/compared_with"
