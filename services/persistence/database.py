"""The database of one service: a unit of work that commits when left, a read session that cannot write."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from services.errors import Unavailable
from services.persistence import schema_check, versions
from services.persistence.connecting import postgresql_at
from services.persistence.driver_errors import ReadOnly, may_be_fault_of_session, unavailable_when_away
from services.persistence.schema import PLAN_SETTINGS, Schema
from services.persistence.storage import DatabaseOutage
from services.persistence.unit_of_work import ReadSession, UnitOfWork

log = structlog.get_logger(__name__)
STATEMENT_SECONDS = 30
"""How long the server may work at one statement."""
COMMAND_SECONDS = 40.0
"""How long the client waits for the server's answer, in case the server cannot enforce its own timeout any more."""
LOCK_SECONDS = 5
"""How long a statement may wait for a lock. Whoever holds one longer is stuck, and waiting on would only add to it."""
IDLE_TRANSACTION_SECONDS = 10
"""How long a transaction may be open without a statement: then its process is suspended, and others need its locks."""
PLANS_SECONDS = 1.0
"""How long a connection keeps its plans. One that reads all of a table, which had few rows, is not used for longer."""

_KEEPALIVE = {"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
"""The server closes the session of a client that is gone, and releases its locks, within half a minute."""


class Database:
    """A pool of connections to one service's database.

    `committed_events` is set after each commit that left events in the outbox, to wake the relay of the same process.
    """

    def __init__(
        self,
        url: URL,
        schema: Schema | None = None,
        *,
        pool_size: int = 10,
        application_name: str = "drive",
        setting: str = "DATABASE_URL",
        patience: timedelta | None = None,
    ) -> None:
        """`application_name` is how PostgreSQL names this process in pg_stat_activity; `setting` is the variable that
        holds the URL, for messages. `patience` is for who reads all there is, at the request of a person: how long the
        server may work at a statement, and wait for the next one, instead of what suits an answer."""
        statement_seconds = patience.total_seconds() if patience else STATEMENT_SECONDS
        idle_seconds = patience.total_seconds() if patience else IDLE_TRANSACTION_SECONDS
        self.url = url
        self.server = postgresql_at(url, setting)
        self._schema = schema
        self.committed_events = asyncio.Event()
        self._noted: str | None = None
        self.outage = DatabaseOutage(url.database or "", probe=self._probe)
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=5,
            pool_timeout=5,
            hide_parameters=True,  # else an error, and with it the log, repeats personal data
            connect_args={
                "timeout": 5,
                "command_timeout": COMMAND_SECONDS - STATEMENT_SECONDS + statement_seconds,
                "server_settings": {
                    "timezone": "UTC",
                    "jit": "off",
                    **(PLAN_SETTINGS[schema.plans] if schema else {}),
                    "application_name": application_name[:63],
                    "statement_timeout": f"{statement_seconds:.0f}s",
                    "lock_timeout": f"{LOCK_SECONDS}s",
                    "idle_in_transaction_session_timeout": f"{idle_seconds:.0f}s",
                    **_KEEPALIVE,
                },
            },
        )
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)
        if schema is None or schema.plans != "anew":
            event.listen(self._engine.sync_engine, "begin", _plan_anew)
        self._readonly = self._engine.execution_options(postgresql_readonly=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[UnitOfWork]:
        """A unit of work. Raises Unavailable where the database is away; then it may or may not have been committed."""
        with unavailable_when_away(self.server, self.outage):
            async with _transaction(self._engine) as session:
                work = UnitOfWork(session)
                yield work
                if self._schema:
                    await versions.bump_by_itself(work, self._schema.versioned, self._schema.beside_figures)
        self.outage.answered(wrote=bool(work.written))
        if work.has_events:
            self.committed_events.set()
        for action in work.afterwards:
            action()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        """A READ ONLY transaction. Raises Unavailable where the database is away."""
        with unavailable_when_away(self.server, self.outage):
            async with _transaction(self._readonly) as session:
                yield ReadSession(session)
        self.outage.answered(wrote=False)

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for what needs a connection of its own (locks, migrations)."""
        return self._engine

    async def check(self) -> str | None:
        """Raises NotMigrated or Unavailable unless the database answers, has what this code needs and can be written by
        us. Returns what an operator should know although it is ready."""
        try:
            note = await self._look()
        except Unavailable as error:
            if not error.is_reported:
                self.outage.failed(error)
            raise
        self.outage.check_writing()
        if note and note != self._noted:
            log.warning("schema_is_newer", detail=note)
        self._noted = note
        return note

    async def _look(self) -> str | None:
        with unavailable_when_away(self.server, self.outage):
            async with asyncio.timeout(3), _transaction(self._engine) as session:
                work = UnitOfWork(session)
                found = await schema_check.look(work, self._schema)
                await self.outage.try_to_write(work)
        note = schema_check.judge(found, self._schema)
        self.outage.answered(wrote=True)
        return note

    async def _probe(self) -> None:
        await self.check()

    async def close(self) -> None:
        """Close every connection."""
        self.outage.close()
        await self._engine.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A transaction on a connection of the pool, which is not used again where its session may be why it failed."""
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        try:
            yield session
        except (DBAPIError, ReadOnly) as error:
            if may_be_fault_of_session(error):
                await session.invalidate()
            raise


def _refuse_closed(connection: Any, *_: object) -> None:
    """Where the server went and came back, take a new connection; asyncpg knows by itself which ones were closed."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed this connection while it was idle in the pool")


def _plan_anew(connection: Connection) -> None:
    """Let each statement, those of triggers included, be planned for the tables as they are by now."""
    now = time.monotonic()
    if now - connection.info.setdefault("planned_at", now) >= PLANS_SECONDS:
        connection.info["planned_at"] = now
        connection.exec_driver_sql("DISCARD PLANS")
