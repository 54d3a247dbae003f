"""Who keeps dead letters and who replays them lock them in one order: neither waits for the other for good."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.messaging import dead_letter_admin, dead_letters
from services.messaging.broker import EventMessage
from services.messaging.codec import Broken
from services.messaging.dead_letter_admin import Choice
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork
from tests.support.blocking import until_done_or_blocked
from tests.support.events import a_sign_up
from tests.support.waiting import soon

NOON: Final = datetime(2025, 10, 25, 5, tzinfo=UTC)
FAILED: Final = ValueError("no")
BROKEN: Final = Broken("drive.enrolment.recorded.v1", b"{}", "no id")
MESSAGE: Final = EventMessage("a", "drive.enrolment.recorded.v1", b"[]")


async def ids_of(database: Database) -> list[UUID]:
    async with database.read() as session:
        return list((await session.execute(text("SELECT id FROM dead_letters ORDER BY id"))).scalars())


async def lock(work: UnitOfWork, dead_letter_id: UUID) -> None:
    await work.execute(text("SELECT id FROM dead_letters WHERE id = :id FOR UPDATE"), {"id": dead_letter_id})


async def keep(database: Database, *, of: Sequence[UUID]) -> None:
    """All kinds of them: events with these ids, in this order, and what is neither."""
    async with database.write() as work:
        failed = [(a_sign_up(event_id=each), FAILED) for each in of]
        await dead_letters.keep(work, NOON, failed=failed, broken=[BROKEN], messages=[(MESSAGE, "came back")])


async def replay(database: Database) -> int:
    async with database.write() as work:
        return await dead_letter_admin.replay(work, Choice(), NOON)


async def test_they_are_kept_in_the_order_of_their_ids_whatever_they_are(database: Database) -> None:
    last_first = [UUID(int=(1 << 128) - 1), UUID(int=1)]
    await keep(database, of=last_first)
    first, *_, last = await ids_of(database)
    assert [last, first] == last_first
    for held, wanted in zip(await ids_of(database), (await ids_of(database))[1:], strict=False):
        async with database.write() as work:
            await lock(work, held)
            task = asyncio.create_task(keep(database, of=last_first))
            await until_done_or_blocked(database, task)
            await lock(work, wanted)
        await soon(task)


async def test_a_replay_of_all_and_one_that_comes_again_both_end(database: Database) -> None:
    second, first = UUID(int=2), UUID(int=1)
    for each in (second, first):
        await keep(database, of=[each])
    async with database.write() as work:
        await work.execute(text("UPDATE dead_letters SET retry_at = NULL"))
    async with database.write() as work:
        await dead_letters.keep(work, NOON, failed=[(a_sign_up(event_id=first), FAILED)])
        task = asyncio.create_task(replay(database))
        await until_done_or_blocked(database, task)
        await dead_letters.keep(work, NOON, failed=[(a_sign_up(event_id=second), FAILED)])
    assert await soon(task) == 4
