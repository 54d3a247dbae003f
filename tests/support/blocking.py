"""Waiting until somebody waits for a lock of PostgreSQL that another unit of work holds."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import text

from services.persistence.database import Database
from tests.support.waiting import eventually

_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


async def until_done_or_blocked(database: Database, task: asyncio.Task[Any]) -> None:
    """Until the task has ended, or waits for a lock."""

    async def is_so() -> bool:
        return task.done() or await _is_blocked(database)

    await eventually(is_so, True)


async def until_blocked(database: Database) -> None:
    """Until somebody waits for a lock."""
    await eventually(lambda: _is_blocked(database), True)


async def _is_blocked(database: Database) -> bool:
    async with database.read() as session:
        return bool((await session.execute(_WAITING)).scalar_one() > 0)
