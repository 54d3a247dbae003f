"""A unit of work that commits when its block is left, and a read session that cannot write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Executable, Result, Row, ScalarResult, Table, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from services.persistence.unnest import unnest_insert

R = TypeVar("R", bound=SQLModel)


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


class UnitOfWork(ReadSession):
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
        statement = unnest_insert(table, names, on_conflict, returning)
        result = await self.execute(text(statement), {name: [row[name] for row in rows] for name in names})
        return result.all() if returning else []
