"""The database of one service: a unit of work that commits when left, a read session that cannot write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Executable, Result, Row, ScalarResult, Table, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlmodel import SQLModel

from services.kernel import Unavailable

R = TypeVar("R", bound=SQLModel)

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.UndefinedTableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.ReadOnlySQLTransactionError,
    OSError,
    TimeoutError,
)
"""What is over once the server is back, has room, lets us in or is migrated; or at once: a tie between transactions."""

STATEMENT_SECONDS = 30
"""How long the server may work at one statement."""
COMMAND_SECONDS = 40.0
"""How long to wait for the server's word, in case it is no longer there to say that a statement took too long."""

_KEEPALIVE = {"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
"""The server drops a client that vanished without a word, and with it the client's locks, within half a minute."""


class TookTooLong(Unavailable):
    """A statement was cut off. It may have been the moment, or it may be the work itself that is too much."""


class ReadSession:
    """Statements inside one transaction. As given by `Database.read`, the transaction is READ ONLY."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        """Run one statement."""
        return await self._session.execute(statement, parameters)

    async def scalars(self, statement: Executable, parameters: Any = None) -> ScalarResult[Any]:
        """Run one statement and keep the first column."""
        return (await self.execute(statement, parameters)).scalars()

    async def get(self, row: type[R], key: object) -> R | None:
        """The row with this primary key."""
        return await self._session.get(row, key)


class WriteSession(ReadSession):
    """A unit of work: everything done with it is committed together when its block is left, or not at all."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self.has_events = False
        self.afterwards: list[Callable[[], None]] = []

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do this once the unit of work is committed, and never if it is not: to wake whoever waits for it."""
        self.afterwards.append(action)

    async def add(self, *rows: SQLModel) -> None:
        """Insert new rows, or note the changes of loaded ones."""
        self._session.add_all(rows)
        await self._session.flush()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What fails in here is undone alone, and the unit of work goes on."""
        async with self._session.begin_nested():
            yield

    async def bulk_insert(
        self, table: Table, rows: Sequence[Mapping[str, Any]], *, on_conflict: str = "", returning: str = ""
    ) -> Sequence[Row[Any]]:
        """Insert many rows by one `INSERT … SELECT FROM unnest(…)`; all rows have the keys of the first.

        `on_conflict` and `returning` are SQL written by us, after ON CONFLICT and RETURNING. The answer is what
        RETURNING says, for the rows that went in.
        """
        if not rows:
            return []
        names = tuple(rows[0])
        statement = _unnest_insert(table, names, on_conflict, returning)
        result = await self.execute(text(statement), {name: [row[name] for row in rows] for name in names})
        return result.all() if returning else []


@lru_cache(maxsize=256)
def _unnest_insert(table: Table, names: tuple[str, ...], on_conflict: str, returning: str) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    arrays = ", ".join(f"CAST(:{name} AS {table.c[name].type.compile(dialect)}[])" for name in names)
    conflict = f" ON CONFLICT {on_conflict}" if on_conflict else ""
    tail = f" RETURNING {returning}" if returning else ""
    return f'INSERT INTO "{table.name}" ({", ".join(names)}) SELECT * FROM unnest({arrays}){conflict}{tail}'  # noqa: S608 - names come from our own table definitions


class Database:
    """A pool of connections to one service's database.

    `committed_events` is set after each commit that left events in the outbox, to wake the relay of the same process.
    """

    def __init__(self, url: URL, *, pool_size: int = 10) -> None:
        self.url = url
        self.committed_events = asyncio.Event()
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=5,
            pool_timeout=5,
            hide_parameters=True,  # else an error, and with it the log, repeats personal data
            connect_args={
                "timeout": 5,
                "command_timeout": COMMAND_SECONDS,
                "server_settings": {
                    "timezone": "UTC",
                    "jit": "off",
                    "statement_timeout": f"{STATEMENT_SECONDS}s",
                    **_KEEPALIVE,
                },
            },
        )
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)
        self._readonly = self._engine.execution_options(postgresql_readonly=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """A unit of work. Raises Unavailable where the database is away; then it may or may not have been committed."""
        with unavailable_when_away():
            async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
                work = WriteSession(session)
                yield work
        if work.has_events:
            self.committed_events.set()
        for action in work.afterwards:
            action()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        """A READ ONLY transaction. Raises Unavailable where the database is away."""
        with unavailable_when_away():
            async with AsyncSession(self._readonly, expire_on_commit=False) as session, session.begin():
                yield ReadSession(session)

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for what needs a connection of its own (locks, migrations)."""
        return self._engine

    async def check(self) -> None:
        """Raises Unavailable unless the database answers and has been migrated."""
        with unavailable_when_away():
            async with asyncio.timeout(3), self.read() as session:
                await session.execute(text("SELECT 1 FROM alembic_version"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _refuse_closed(connection: Any, *_: object) -> None:
    """Where the server went and came back, take a new connection; asyncpg knows by itself which ones were closed."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed this connection while it lay in the pool")


@contextmanager
def unavailable_when_away() -> Iterator[None]:
    """Turn every error that means "the database is away for the moment" into Unavailable."""
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("every database connection is busy") from error
    except DBAPIError as error:
        if isinstance(_driver_error(error), asyncpg.QueryCanceledError):
            raise TookTooLong("the database took too long") from error
        if error.connection_invalidated or isinstance(_driver_error(error), _AWAY):
            raise _away(_driver_error(error)) from error
        raise
    except _AWAY as error:
        raise _away(error) from error


def _away(why: BaseException | None) -> Unavailable:
    """The kind of error tells an operator a wrong password from a full disk, and a caller nothing that is secret."""
    return Unavailable(f"the database is away ({type(why).__name__})")


def _driver_error(error: DBAPIError) -> BaseException | None:
    """The asyncpg error behind SQLAlchemy's two wrappers."""
    return error.orig.__cause__ if error.orig else None
