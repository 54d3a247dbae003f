"""Advisory locks, by name; and those of the chassis itself.

Each service lists its own, and the order in which they are taken, in `tables/locks.py`. The keys are fixed: processes
of two versions that run side by side must mean the same lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from services.errors import Conflict
from services.persistence.database import Database
from services.persistence.driver_errors import unavailable_when_away
from services.persistence.unit_of_work import UnitOfWork

_EXCLUSIVE = text("SELECT pg_advisory_xact_lock(:key)")
_SHARED = text("SELECT pg_advisory_xact_lock_shared(:key)")
_TRY_SESSION = text("SELECT pg_try_advisory_lock(:key)")
_IS_THERE = text("SELECT 1")
_TRY = text("SELECT pg_try_advisory_xact_lock(:key)")


@dataclass(frozen=True, slots=True)
class AdvisoryLock:
    """A lock of the database that holds its key; held until the unit of work ends."""

    name: str
    key: int


RELAY: Final = AdvisoryLock("relay", 0x64726976)
"""One relay per database, so that the order of the outbox is the order on the wire. Held by a session, not a
transaction."""
FOLD: Final = AdvisoryLock("fold of totals", 0x666F6C64)
COMPARISON: Final = AdvisoryLock("comparison with a source", 0x68656172)
"""The last but the version's that a unit of work takes."""


@asynccontextmanager
async def held_by_session(database: Database, lock: AdvisoryLock) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Holds it while the block runs, over any number of units of work. Yields a check, which raises Unavailable where
    the session is gone, and the lock with it. Raises Conflict where another session holds it."""
    with unavailable_when_away(database.server, database.outage):
        async with database.engine.connect() as connection:
            try:
                async with connection.begin():
                    if not (await connection.execute(_TRY_SESSION, {"key": lock.key})).scalar_one():
                        raise Conflict(f"another process is at it: {lock.name}")

                async def check() -> None:
                    async with connection.begin():
                        await connection.execute(_IS_THERE)

                yield check
            finally:
                await asyncio.shield(connection.invalidate())


async def take(work: UnitOfWork, lock: AdvisoryLock) -> None:
    """Wait until nobody else holds it."""
    await work.execute(_EXCLUSIVE, {"key": lock.key})


async def take_shared(work: UnitOfWork, lock: AdvisoryLock) -> None:
    """Wait until nobody holds it exclusively; any number may share it."""
    await work.execute(_SHARED, {"key": lock.key})


async def try_take(work: UnitOfWork, lock: AdvisoryLock) -> bool:
    """Take it if it is free; whether it was."""
    return bool((await work.execute(_TRY, {"key": lock.key})).scalar_one())
