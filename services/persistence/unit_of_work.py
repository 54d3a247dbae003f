"""A unit of work that commits when its block is left, and a read session that cannot write."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Executable, Result, ScalarResult
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ClauseElement
from sqlmodel import SQLModel

from services.persistence.statements import Query

R = TypeVar("R", bound=SQLModel)
T = TypeVar("T")

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
_WRITE = re.compile(r'\b(?:INSERT INTO|DELETE FROM|(?<!FOR )(?<!KEY )(?<!DO )UPDATE)\s+"?(\w+)')
_NESTED_WRITE = re.compile(r"\(\s*(?:INSERT|UPDATE|DELETE)\b")


@lru_cache(maxsize=1024)
def _writes_of(statement: Executable) -> tuple[frozenset[str], bool]:
    """The tables that a statement may change, its common table expressions included, and whether one of those writes:
    then the number of rows of the whole says nothing about what was written."""
    sql = str(statement.compile(dialect=_POSTGRESQL) if isinstance(statement, ClauseElement) else statement)
    return frozenset(_WRITE.findall(sql)), bool(_NESTED_WRITE.search(sql))


class Touched(NamedTuple):
    """Nodes of a kind, such as units, of which something changed; None: in every scheme."""

    kind: str
    scheme: str | None
    codes: tuple[str, ...]


class ReadSession:
    """Statements inside one transaction. As given by `Database.read`, the transaction is READ ONLY."""

    kept: object = None
    """What a runner keeps for its reads from one session to the next."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        """Run one statement."""
        return await self._session.execute(statement, parameters)

    async def scalars(self, statement: Executable, parameters: Any = None) -> ScalarResult[Any]:
        """Run one statement and keep the first column."""
        return (await self.execute(statement, parameters)).scalars()

    async def all(self, query: Query[T], parameters: Any = None) -> list[T]:
        """The rows of a query."""
        return [query.read(row) for row in await self.execute(query.statement, parameters)]

    async def stream(self, query: Query[T], parameters: Any = None, *, at_once: int = 2000) -> AsyncGenerator[T, None]:
        """The rows of a query of any length, of which so many are held at once."""
        options = {"yield_per": at_once}
        async for row in await self._session.stream(query.statement, parameters, execution_options=options):
            yield query.read(row)

    async def first(self, query: Query[T], parameters: Any = None) -> T | None:
        """The first row of a query, None where there is none."""
        row = (await self.execute(query.statement, parameters)).first()
        return None if row is None else query.read(row)

    async def one(self, query: Query[T], parameters: Any = None) -> T:
        """The row of a query that has exactly one."""
        return query.read((await self.execute(query.statement, parameters)).one())

    async def get(self, row: type[R], key: object) -> R | None:
        """The row with this primary key."""
        return await self._session.get(row, key)


class UnitOfWork(ReadSession):
    """A unit of work: everything done with it is committed together when its block is left, or not at all."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self.has_events = False
        self.written: set[str] = set()
        self.written_unexplained: set[str] = set()
        self.touched: set[Touched] = set()
        self.has_changed_answers = False
        self._explained = 0
        self.afterwards: list[Callable[[], None]] = []
        self.applied_until: datetime | None = None

    async def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        """Run one statement, and note which tables it changed."""
        result = await super().execute(statement, parameters)
        tables, is_nested = _writes_of(statement)
        if is_nested or (tables and getattr(result, "rowcount", -1) != 0):
            self._note(tables)
        return result

    @contextmanager
    def touching(self, touched: Iterable[Touched]) -> Iterator[None]:
        """What is written in this block changes answers that depend on these nodes, and no others (`versions`)."""
        self.touched |= set(touched)
        self._explained += 1
        try:
            yield
        finally:
            self._explained -= 1

    def note_touched(self, touched: Iterable[Touched]) -> None:
        """Answers that depend on these nodes have changed, though none of the tables that count was written to."""
        self.touched |= set(touched)
        self.has_changed_answers = True

    def _note(self, tables: Iterable[str]) -> None:
        names = set(tables)
        self.written |= names
        if not self._explained:
            self.written_unexplained |= names

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do this once the unit of work is committed, and never if it is not: to wake whoever waits for it."""
        self.afterwards.append(action)

    def note_applied(self, until: datetime) -> None:
        """Events up to this time were applied: once it is committed, answers tell so (`versions`)."""
        self.applied_until = max(until, self.applied_until or until)

    async def add(self, *rows: SQLModel) -> None:
        """Insert new rows, or note the changes of loaded ones."""
        self._session.add_all(rows)
        self._note(str(row.__tablename__) for row in rows)
        await self._session.flush()
