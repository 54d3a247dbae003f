"""The database of one service: a unit of work that commits when left, a read session that cannot write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg
import structlog
from sqlalchemy import Executable, Result, Row, ScalarResult, Table, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlmodel import SQLModel

from services.kernel import Unavailable

R = TypeVar("R", bound=SQLModel)

log = structlog.get_logger(__name__)

_CHECK = text(
    "SELECT version_num, CAST(current_setting('transaction_read_only') AS boolean) AS read_only,"
    " has_table_privilege('outbox', 'INSERT') AND has_table_privilege('outbox', 'DELETE') AS may_write"
    " FROM alembic_version"
)

FAULTS_OF_THE_DATA = frozenset({"22", "23"})
"""SQLSTATE classes (PostgreSQL, appendix A) that the values of a statement are to blame for: data exceptions and
integrity constraint violations. Every other error is the moment's: the same statement may succeed later."""

_WAITED = frozenset({"55P03", "57014"})
"""lock_not_available and query_canceled: the session is as good as any other."""

_NOT_REACHED = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What asyncpg raises before SQLAlchemy can wrap it: while it connects."""

STATEMENT_SECONDS = 30
"""How long the server may work at one statement."""
COMMAND_SECONDS = 40.0
"""How long to wait for the server's word, in case it is no longer there to say that a statement took too long."""
LOCK_SECONDS = 5
"""How long a statement may wait for a lock. Whoever holds one longer is stuck, and waiting on would only add to it."""
IDLE_TRANSACTION_SECONDS = 10
"""How long a transaction may lie open without a statement: its process is frozen, and others need its locks."""

_KEEPALIVE = {"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
"""The server drops a client that vanished without a word, and with it the client's locks, within half a minute."""


class TookTooLong(Unavailable):
    """A statement was cut off. It may have been the moment, or it may be the work itself that is too much."""


class StatementRefused(Exception):
    """PostgreSQL refused the values of a statement, and would refuse them at any time (SQLSTATE class 22 or 23).

    It tells what was wrong and repeats no value: PostgreSQL's own words hold the row, and with it personal data.
    """

    def __init__(self, error: BaseException | None) -> None:
        constraint = getattr(error, "constraint_name", None)
        super().__init__(
            f"{type(error).__name__}, SQLSTATE {_sqlstate(error)}" + (f": {constraint}" if constraint else "")
        )


class ReadOnly(Unavailable):
    """The session cannot write: the server is a standby, or an administrator has said so."""


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

    def __init__(self, url: URL, *, pool_size: int = 10, application_name: str = "drive") -> None:
        """`application_name` is how PostgreSQL names this process in pg_stat_activity."""
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
                    "application_name": application_name[:63],
                    "statement_timeout": f"{STATEMENT_SECONDS}s",
                    "lock_timeout": f"{LOCK_SECONDS}s",
                    "idle_in_transaction_session_timeout": f"{IDLE_TRANSACTION_SECONDS}s",
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
            async with _transaction(self._engine) as session:
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
            async with _transaction(self._readonly) as session:
                yield ReadSession(session)

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for what needs a connection of its own (locks, migrations)."""
        return self._engine

    async def check(self) -> None:
        """Raises Unavailable unless the database answers, has been migrated and can be written by us."""
        with unavailable_when_away():
            async with asyncio.timeout(3), self.write() as session:
                row = (await session.execute(_CHECK)).one()
                if row.read_only:
                    raise ReadOnly("the database is read-only")
        if not row.may_write:
            raise Unavailable("the database role may not write to the outbox: grant it the rights of the tables")

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A transaction on a connection of the pool, which is not used again where its session may be why it failed."""
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        try:
            yield session
        except (DBAPIError, ReadOnly) as error:
            if _may_be_fault_of_session(error):
                await session.invalidate()
            raise


def _may_be_fault_of_session(error: DBAPIError | ReadOnly) -> bool:
    """Whether a new connection may do better: settings such as default_transaction_read_only, search_path and limits
    are fixed for a session when it begins, and stay so after an administrator has changed them."""
    if isinstance(error, ReadOnly):
        return True
    state = _sqlstate(_driver_error(error))
    return not _is_fault_of_data(error) and state[:2] != "40" and state not in _WAITED


def _refuse_closed(connection: Any, *_: object) -> None:
    """Where the server went and came back, take a new connection; asyncpg knows by itself which ones were closed."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed this connection while it lay in the pool")


@contextmanager
def unavailable_when_away() -> Iterator[None]:
    """Turn every database error that the data is not to blame for into Unavailable: it is over when the moment is."""
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("every database connection is busy") from error
    except DBAPIError as error:
        cause = _driver_error(error)
        if _is_fault_of_data(error):
            raise StatementRefused(cause) from None
        if isinstance(cause, asyncpg.QueryCanceledError):
            raise TookTooLong("the database took too long") from error
        raise _away(cause) from error
    except _NOT_REACHED as error:
        raise _away(error) from error


def _is_fault_of_data(error: DBAPIError) -> bool:
    return _sqlstate(_driver_error(error))[:2] in FAULTS_OF_THE_DATA


def _sqlstate(error: BaseException | None) -> str:
    return str(getattr(error, "sqlstate", None) or "")


def _away(why: BaseException | None) -> Unavailable:
    """The kind of error tells an operator a wrong password from a full disk, and a caller nothing that is secret."""
    state = _sqlstate(why)
    if state:
        log.warning(
            "database_refuses",
            sqlstate=state,
            error=type(why).__name__,
            message=str(why.args[0]) if why and why.args else "",
        )
    kind = f"{type(why).__name__}, SQLSTATE {state}" if state else type(why).__name__
    return Unavailable(f"the database is away ({kind})")


def _driver_error(error: DBAPIError) -> BaseException | None:
    """The asyncpg error behind SQLAlchemy's two wrappers."""
    return error.orig.__cause__ if error.orig else None
