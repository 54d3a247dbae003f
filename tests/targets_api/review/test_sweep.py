"""Sweeps: each pass reviews what is due, one process at a time, and one bad target holds up no other."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from services.observability import Metrics
from services.persistence.locks import take
from targets_api.attainment.store import lock_attainment
from targets_api.review.sweep import TARGETS_PER_UNIT_OF_WORK, sweep
from targets_api.review.sweeper import Sweeper
from targets_api.tables.locks import SWEEPING
from tests.support.clock import SettableClock
from tests.targets_api.builders import TargetsService, sign_ups

MONDAY, AFTER_FRIDAY, AFTER_WEDNESDAY = date(2025, 11, 3), date(2025, 11, 8), date(2025, 11, 13)
NEARLY_MIDNIGHT = datetime(2025, 11, 7, 16, 59, tzinfo=UTC)
"""In Vietnam, on Friday."""
PAGES = 3
_MANY_TARGETS = """
    INSERT INTO targets (id, unit_code, scheme, measure, value, starts_on, ends_on, name)
    SELECT gen_random_uuid(), '15142', 'household_health', 'new', 100, '2025-11-03', '2025-11-14', n::text
    FROM generate_series(1, :n) n
"""
_THEIR_PROGRESS = """
    INSERT INTO target_progress (target_id, count_from, achieved, covered_at_start, status, lagging, episode, revision)
    SELECT id, starts_on, 0, 0, 'not_started', false, 0, 0 FROM targets
"""
SPOIL = text("UPDATE targets SET value = 'infinity' WHERE id = CAST(:id AS uuid)")
MEND = text("UPDATE targets SET value = 100 WHERE id = CAST(:id AS uuid)")


class Cut(asyncio.Event):
    """Is set once it was asked for so often: a process that is stopped between two units of work."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._left = after

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


async def some_targets(service: TargetsService, how_many: int) -> list[UUID]:
    """Targets that differ in nothing but their names."""
    return [UUID((await service.target(name=str(n)))["id"]) for n in range(how_many)]


async def many_targets(service: TargetsService, how_many: int) -> None:
    """The same by SQL."""
    async with service.runtime.database.write() as work:
        await work.execute(text(_MANY_TARGETS), {"n": how_many})
        await work.execute(text(_THEIR_PROGRESS))


async def reviewed_on(service: TargetsService, today: date) -> int:
    """How many targets were last reviewed on that day."""
    query = "SELECT count(*) AS n FROM target_progress WHERE reviewed_on = :today"
    return int((await service.rows(query, today=today))[0].n)


async def spoil(service: TargetsService, target_id: UUID) -> None:
    """Give the target a value that no judgement can be made of."""
    async with service.runtime.database.write() as work:
        await work.execute(SPOIL, {"id": str(target_id)})


def a_sweeper(service: TargetsService, clock: SettableClock) -> Sweeper:
    return Sweeper(service.runtime.database, clock, Metrics(), seconds=30)


async def test_a_target_whose_review_fails_keeps_no_other_from_its_review(service: TargetsService) -> None:
    targets = await some_targets(service, 5)
    await spoil(service, targets[2])
    service.runtime.clock.pin(AFTER_FRIDAY)
    swept = await sweep(service.runtime.database, service.runtime.clock)
    assert (swept.reviewed, swept.failed, swept.is_complete) == (4, [targets[2]], True)
    assert await reviewed_on(service, AFTER_FRIDAY) == 4
    assert await service.transitions() == ["fell_behind"] * 4
    async with service.runtime.database.write() as work:
        await work.execute(MEND, {"id": str(targets[2])})
    await service.sweep()
    assert await service.transitions() == ["fell_behind"] * 5


async def test_while_another_process_sweeps_nothing_is_reviewed(service: TargetsService) -> None:
    await some_targets(service, 2)
    service.runtime.clock.pin(AFTER_FRIDAY)
    async with service.runtime.database.write() as work:
        await take(work, SWEEPING)
        swept = await sweep(service.runtime.database, service.runtime.clock)
    assert (swept.reviewed, swept.is_complete) == (0, False)
    swept = await sweep(service.runtime.database, service.runtime.clock)
    assert (swept.reviewed, swept.is_complete) == (2, True)


async def test_a_target_that_is_being_counted_is_left_for_the_next_look(service: TargetsService) -> None:
    counted, other = await some_targets(service, 2)
    clock = SettableClock(NEARLY_MIDNIGHT)
    sweeper = a_sweeper(service, clock)
    async with service.runtime.database.write() as work:
        await lock_attainment(work, [counted])
        swept = await sweeper.sweep_if_due()
    assert swept
    assert (swept.reviewed, swept.is_complete) == (1, False)
    swept = await sweeper.sweep_if_due()
    assert swept
    assert (swept.reviewed, swept.is_complete) == (1, True)
    assert await sweeper.sweep_if_due() is None
    assert other != counted


@pytest.mark.parametrize("units_of_work", [1, 2])
async def test_each_transition_is_reported_once_however_often_sweeps_are_cut(
    service: TargetsService, units_of_work: int
) -> None:
    how_many = PAGES * TARGETS_PER_UNIT_OF_WORK - 1
    await many_targets(service, how_many)
    await service.handle(sign_ups(40, signed_on=MONDAY))

    async def sweep_in_pieces(today: date) -> int:
        service.runtime.clock.pin(today)
        pieces = 1
        while not (await sweep(service.runtime.database, service.runtime.clock, Cut(units_of_work))).is_complete:
            pieces += 1
        return pieces

    assert await sweep_in_pieces(AFTER_FRIDAY) > 1
    assert Counter(await service.transitions()) == {"fell_behind": how_many}
    assert await sweep_in_pieces(AFTER_WEDNESDAY) > 1
    assert Counter(await service.transitions()) == {"fell_behind": how_many, "worsened": how_many}
    await service.handle(sign_ups(60, signed_on=AFTER_WEDNESDAY + timedelta(days=1)))
    assert await sweep_in_pieces(AFTER_WEDNESDAY + timedelta(days=1)) > 1
    assert Counter(await service.transitions()) == dict.fromkeys(["fell_behind", "worsened", "recovered"], how_many)


async def test_a_sweep_is_due_at_once_and_when_the_business_day_changes(service: TargetsService) -> None:
    await some_targets(service, 1)
    clock = SettableClock(NEARLY_MIDNIGHT)
    sweeper = a_sweeper(service, clock)
    at_once = await sweeper.sweep_if_due()
    assert at_once
    assert at_once.reviewed == 1
    assert await sweeper.sweep_if_due() is None
    clock.advance(timedelta(minutes=1))
    at_midnight = await sweeper.sweep_if_due()
    assert at_midnight
    assert at_midnight.reviewed == 1
    assert await service.transitions() == ["fell_behind"]
    assert await reviewed_on(service, AFTER_FRIDAY) == 1


async def test_what_failed_is_tried_again_after_an_hour(service: TargetsService) -> None:
    [target] = await some_targets(service, 1)
    await spoil(service, target)
    clock = SettableClock(NEARLY_MIDNIGHT + timedelta(hours=2))
    sweeper = a_sweeper(service, clock)
    failed = await sweeper.sweep_if_due()
    assert failed
    assert failed.failed == [target]
    async with service.runtime.database.write() as work:
        await work.execute(MEND, {"id": str(target)})
    clock.advance(timedelta(minutes=59))
    assert await sweeper.sweep_if_due() is None
    clock.advance(timedelta(minutes=1))
    again = await sweeper.sweep_if_due()
    assert again
    assert (again.reviewed, again.failed) == (1, [])


async def test_metrics_tell_when_a_sweep_ended_what_it_reviewed_and_what_fails(service: TargetsService) -> None:
    targets = await some_targets(service, 3)
    await spoil(service, targets[0])
    clock, metrics = SettableClock(NEARLY_MIDNIGHT), Metrics()
    sweeper = Sweeper(service.runtime.database, clock, metrics, seconds=30)
    began = NEARLY_MIDNIGHT.timestamp()
    clock.advance(timedelta(seconds=30))
    async with service.runtime.database.write() as work:
        await take(work, SWEEPING)
        await sweeper.sweep_if_due()
    value = metrics.registry.get_sample_value
    assert value("drive_sweep_ended_timestamp_seconds") == began
    await sweeper.sweep_if_due()
    assert value("drive_sweep_ended_timestamp_seconds") == began + 30
    assert (value("drive_sweep_reviewed_total"), value("drive_sweep_failing_targets")) == (2, 1)
