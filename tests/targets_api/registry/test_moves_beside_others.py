"""Moves and new targets beside what else is done to targets: none blocks another for good, and none is missed."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.context import Actor, context_of
from services.persistence.locks import take
from targets_api.attainment.store import lock_attainment, lock_counting, lock_rollups
from targets_api.domain.revision import Change, Revision
from targets_api.tables.locks import COUNTING
from targets_api.targets.usecases import change_targets
from tests.support.waiting import soon
from tests.targets_api.builders import CAM_THACH, TargetsService, a_cancellation, a_sign_up, sign_ups
from tests.targets_api.registry.test_moves import assert_counted
from tests.targets_api.review.test_locks import a_target_of_each, until_done_or_blocked

DURING: Final = date(2025, 11, 4)


async def change_as_the_version_before(service: TargetsService) -> None:
    """It holds COUNTING alone while it changes the registry, baselines and targets."""
    async with service.runtime.database.write() as work:
        await take(work, COUNTING)
        await work.execute(text("UPDATE units SET name = 'Another name' WHERE code = '38'"))


async def test_a_change_of_the_version_before_waits_for_a_move_and_both_end(service: TargetsService) -> None:
    async with service.runtime.database.write() as work:
        await lock_rollups(work)
        before = asyncio.create_task(change_as_the_version_before(service))
        await until_done_or_blocked(service, before)
        [held] = await service.rows(
            "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted"
            " AND objid = :counting AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            counting=COUNTING.key,
        )
        await lock_counting(work)
    await soon(before)
    assert held.n == 0, "it could set a target, which the move would miss"
    [row] = await service.rows("SELECT name FROM units WHERE code = '38'")
    assert row.name == "Another name"


async def test_a_sign_up_that_is_cancelled_while_a_target_is_set_is_taken_off_again(service: TargetsService) -> None:
    sign_up = a_sign_up(signed_on=DURING)
    await service.handle([sign_up])
    async with service.runtime.database.write() as work:
        await service.consumer.handle(work, [a_cancellation(sign_up)])
        task = asyncio.create_task(service.target(scope={"organisation_code": "VNPOST"}))
        await until_done_or_blocked(service, task)
    target = await soon(task)
    assert await service.achieved(target["id"]) == 0
    await assert_counted(service)


def revised(service: TargetsService, *ids: str) -> dict[UUID, Change]:
    """Each to be revised to 10."""
    revision = Revision(version=1, value=10, holds_from=date(2025, 11, 3), reason="Another goal.")
    return {UUID(each): revision for each in ids}


async def revise(service: TargetsService, *ids: str) -> None:
    """All in one unit of work, as a file does."""
    actor = Actor("BHXH-38", "a client", frozenset())
    async with service.runtime.database.write() as work:
        await change_targets(work, context_of(service.runtime.clock, actor=actor), revised(service, *ids))


async def test_a_move_and_a_file_of_revisions_both_end(service: TargetsService) -> None:
    first, second = await a_target_of_each(service)
    async with service.runtime.database.write() as work:
        await lock_counting(work)
        await lock_attainment(work, [UUID(second)])
        task = asyncio.create_task(revise(service, first, second))
        await until_done_or_blocked(service, task)
        await lock_attainment(work, [UUID(first)])
    await soon(task)
    assert {row.value for row in await service.rows("SELECT value FROM targets")} == {10}


async def test_a_revision_that_waits_for_a_sign_up_of_a_day_to_come_does_not_count_it_yet(
    service: TargetsService,
) -> None:
    service.runtime.clock.pin(DURING)
    target = await service.target(scope={"unit_code": CAM_THACH}, value=20)
    await service.handle(sign_ups(9, signed_on=DURING))
    async with service.runtime.database.write() as work:
        await service.consumer.handle(work, [a_sign_up(signed_on=date(2025, 11, 12))])
        task = asyncio.create_task(revise(service, target["id"]))
        await until_done_or_blocked(service, task)
    await soon(task)
    [row] = await service.rows("SELECT achieved, status FROM target_progress")
    assert row.achieved == 10
    assert row.status != "met"
