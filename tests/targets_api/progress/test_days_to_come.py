"""Facts of days to come wait for their day."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tests.targets_api.builders import LAUNCH, TargetsService, sign_ups

DAY: Final = LAUNCH + timedelta(days=3)
OWNERS: Final = ("units/15142", "units/38", "organisations/VNPOST", "collectors/CT-07")


async def told(service: TargetsService) -> list[tuple[int, int, int]]:
    """Net and contributions of each owner, and where its series ends."""
    bodies = [(await service.progress(o), await service.progress(f"{o}/series")) for o in OWNERS]
    return [(body["net"], body["contributions"], series["points"][-1]["cumulative"]) for body, series in bodies]


async def test_sign_ups_of_a_day_to_come_are_in_no_figure_until_that_day(service: TargetsService) -> None:
    await service.handle([*sign_ups(1, amount_paid=5), *sign_ups(3, signed_on=DAY, amount_paid=7)])
    assert await told(service) == [(1, 5, 1)] * len(OWNERS)
    service.runtime.clock.pin(DAY)
    assert await told(service) == [(4, 26, 4)] * len(OWNERS)
