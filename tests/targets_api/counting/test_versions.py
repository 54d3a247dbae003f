"""A sign-up counts as the newest version of it says, however its events arrive."""

from __future__ import annotations

import asyncio
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text

from services.contracts.enrolment import EnrolmentEvent
from services.ids import new_id
from tests.targets_api.builders import (
    LAUNCH,
    TargetsService,
    a_cancellation,
    a_correction,
    a_sign_up,
    sign_ups,
)

PERIOD = {"starts_on": "2025-10-25", "ends_on": "2025-12-31"}
NEXT_DAY = date(2025, 10, 26)


async def figures(service: TargetsService, path: str = "units/38") -> dict[str, int]:
    service.runtime.clock.pin(date(2025, 11, 1))
    progress: dict[str, Any] = await service.progress(path)
    return {name: progress[name] for name in ("new", "renewal", "cancelled", "net")}


async def test_a_sign_up_under_another_event_id_counts_once(service: TargetsService) -> None:
    recorded = a_sign_up()
    await service.handle([recorded, recorded.model_copy(update={"id": new_id()})])
    await service.handle([recorded.model_copy(update={"id": new_id()})])
    assert await figures(service) == {"new": 1, "renewal": 0, "cancelled": 0, "net": 1}


async def test_a_cancelled_sign_up_leaves_net_and_covered(service: TargetsService) -> None:
    await service.baseline(date(2025, 10, 24))
    target = await service.target(measure="in_force", value=20000, **PERIOD)
    recorded = sign_ups(3)
    await service.handle(recorded)
    await service.handle([a_cancellation(recorded[0])])
    assert await figures(service, "units/15142") == {"new": 3, "renewal": 0, "cancelled": 1, "net": 2}
    assert (await service.progress())["covered"] == 19704
    assert await service.achieved(target["id"]) == 19704


async def test_a_correction_moves_the_count_to_its_unit_collector_and_day(service: TargetsService) -> None:
    recorded = a_sign_up()
    moved = a_correction(recorded, unit_code="15127", collector_code="CT-08", signed_on=NEXT_DAY, kind="renewal")
    targets = {
        day: await service.target(starts_on=day, ends_on=day, measure=measure, scope={"collector_code": collector})
        for day, measure, collector in (("2025-10-25", "new", "CT-07"), ("2025-10-26", "renewal", "CT-08"))
    }
    await service.handle([recorded])
    await service.handle([moved])
    assert (await figures(service, "units/15142"))["net"] == 0
    assert await figures(service, "units/15127") == {"new": 0, "renewal": 1, "cancelled": 0, "net": 1}
    assert await figures(service, "collectors/CT-07") == {"new": 0, "renewal": 0, "cancelled": 0, "net": 0}
    assert [await service.achieved(each["id"]) for each in targets.values()] == [0, 1]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_order_of_a_life_does_not_matter(service: TargetsService, order: tuple[int, ...]) -> None:
    recorded = a_sign_up()
    corrected = a_correction(recorded, unit_code="15127")
    life: list[EnrolmentEvent] = [recorded, corrected, a_cancellation(corrected, 3)]
    for number in order:
        await service.handle([life[number]])
    assert await figures(service) == {"new": 1, "renewal": 0, "cancelled": 1, "net": 0}
    assert (await figures(service, "units/15127"))["cancelled"] == 1


async def test_versions_that_come_to_several_consumers_at_once_end_with_the_newest(service: TargetsService) -> None:
    target = await service.target(scope={"unit_code": "38"}, **PERIOD)
    recorded = sign_ups(60)
    corrected = [a_correction(each, unit_code="15127") for each in recorded]
    cancelled = [a_cancellation(each, 3) for each in corrected[:20]]
    shares = (recorded, corrected[::-1], cancelled, [*corrected, *recorded], [*cancelled, *corrected[::-1]])
    await asyncio.gather(*(service.handle(share) for share in shares))
    assert await figures(service, "units/15127") == {"new": 60, "renewal": 0, "cancelled": 20, "net": 40}
    assert (await figures(service, "units/15142"))["new"] == 0
    assert await service.achieved(target["id"]) == 40


async def test_entries_taken_out_of_the_ledger_leave_the_tallies_cancelled_or_not(service: TargetsService) -> None:
    recorded = sign_ups(2, signed_on=LAUNCH)
    await service.handle([*recorded, a_cancellation(recorded[0])])
    async with service.runtime.database.write() as work:
        await work.execute(text("DELETE FROM ledger"))
    assert await figures(service) == {"new": 0, "renewal": 0, "cancelled": 0, "net": 0}
