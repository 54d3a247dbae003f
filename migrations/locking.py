"""Migrations wait for locks a few seconds at a time, since whoever needs the same table waits behind them.

One statement waits as long as it takes: CREATE and DROP INDEX CONCURRENTLY wait for transactions that began before, and
keep nobody from reading or writing meanwhile.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, Final, NamedTuple

import asyncpg
import structlog
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from migrations.errors import NotRun
from services.persistence.connecting import driver_error

log = structlog.get_logger(__name__)

LOCK_SECONDS: Final = 3
"""How long a statement waits for a lock: less than the statements of services do, which may wait behind it."""
PATIENCE: Final = timedelta(minutes=10)
LONGEST_PAUSE_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.5
_IN_THE_WAY: Final = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
_SHOWN: Final = 80
_LITERAL: Final = re.compile(r"'[^']*'")
_WHO: Final = text("SELECT pg_backend_pid()")
_BLOCKING: Final = text("""
    SELECT pid, coalesce(application_name, '') AS application, coalesce(query, '') AS query,
           CAST(coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0) AS integer) AS seconds
    FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids(:pid)) ORDER BY xact_start LIMIT 3
""")
_WAIT_AS_LONG_AS_IT_TAKES: Final = text("SET lock_timeout = 0")
_WAIT_A_LITTLE: Final = text(f"SET lock_timeout = '{LOCK_SECONDS}s'")


class Blocking(NamedTuple):
    """A session that holds what a migration waits for: what it runs, or ran last, and how old its transaction is."""

    pid: int
    application: str
    query: str
    seconds: int

    def __str__(self) -> str:
        query = _LITERAL.sub("'…'", " ".join(self.query.split()))[:_SHOWN]
        return f"pid {self.pid} ({self.application}, in a transaction for {self.seconds} s: {query})"


async def run_in_tries(
    engine: AsyncEngine,
    connection: AsyncConnection,
    run: Callable[[Connection], None],
    turn: Callable[[], AbstractAsyncContextManager[Any]],
    patience: timedelta,
) -> None:
    """Run it, each time in a `turn`, until no lock is missed. Raises NotRun once `patience` is over, which names who
    holds it."""
    await connection.run_sync(_let_concurrent_statements_wait)
    pid = int(await connection.scalar(_WHO))
    deadline, pause = asyncio.get_running_loop().time() + patience.total_seconds(), 1.0
    while True:
        blocking = list[Blocking]()
        try:
            async with turn(), _watching(engine, pid, blocking):
                await connection.rollback()
                await connection.execute(_WAIT_A_LITTLE)
                await connection.commit()
                await connection.run_sync(run)
                return await connection.commit()
        except DBAPIError as error:
            await connection.rollback()
            if not isinstance(driver_error(error), _IN_THE_WAY):
                raise
            if asyncio.get_running_loop().time() > deadline:
                raise NotRun(_told(connection, blocking)) from error
        log.warning("migration_waits_for_a_lock", blocked_by=[str(each) for each in blocking], pause_s=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _let_concurrent_statements_wait(connection: Connection) -> None:
    def before(connection: Connection, clause: Any, *_: object) -> None:
        if _is_concurrent(clause):
            connection.exec_driver_sql(_WAIT_AS_LONG_AS_IT_TAKES.text)

    def after(connection: Connection, clause: Any, *_: object) -> None:
        if _is_concurrent(clause):
            connection.exec_driver_sql(_WAIT_A_LITTLE.text)

    event.listen(connection, "before_execute", before)
    event.listen(connection, "after_execute", after)


def _is_concurrent(clause: Any) -> bool:
    return "INDEX CONCURRENTLY" in str(clause)


@asynccontextmanager
async def _watching(engine: AsyncEngine, pid: int, blocking: list[Blocking]) -> AsyncIterator[None]:
    """Notes who blocks the session while the block runs."""
    task = asyncio.create_task(_watch(engine, pid, blocking))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch(engine: AsyncEngine, pid: int, blocking: list[Blocking]) -> None:
    """On a connection of its own, which is opened only where the migration takes long."""
    await asyncio.sleep(_LOOK_SECONDS)
    async with engine.connect() as connection:
        while True:
            rows = (await connection.execute(_BLOCKING, {"pid": pid})).all()
            await connection.commit()
            if rows:
                blocking[:] = [Blocking(*row) for row in rows]
            await asyncio.sleep(_LOOK_SECONDS)


def _told(connection: AsyncConnection, blocking: list[Blocking]) -> str:
    who = "; ".join(map(str, blocking)) or "others"
    return (
        f"the database {connection.engine.url.database} is not migrated: tables are locked by {who}."
        " Wait until that has ended, or end it by `SELECT pg_terminate_backend(PID)`, and run this again"
    )
