"""A unit of work that changed what answers are computed from bumps their version, however it was written; no other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import Executable, Integer, MetaData, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, delete, select, update

from services.persistence.database import Database
from services.persistence.driver_errors import StatementRefused
from services.persistence.schema import Schema
from services.persistence.unit_of_work import Touched
from services.persistence.unnest import columns_of, insert_many
from services.persistence.versions import KEPT, add_version_table, current_version, prune

METADATA = MetaData()
add_version_table(METADATA)


class Base(SQLModel, registry=registry(metadata=METADATA)):
    """As each service has one."""


class Figure(Base, table=True):
    """What answers are computed from."""

    __tablename__ = "figures"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    n: int = Field(sa_type=Integer)


class Note(Base, table=True):
    """What no answer depends on."""

    __tablename__ = "notes"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


INSERT = insert_many(Figure)
INSERT_NEW = INSERT.on_conflict_do_nothing()
NEW, KNOWN = {"id": [7], "n": [1]}, {"id": [1], "n": [1]}


@pytest_asyncio.fixture
async def figures(database_url: URL) -> AsyncIterator[Database]:
    """A database with one figure."""
    database = Database(database_url, Schema("test", METADATA, "test_0001", versioned=frozenset({"figures"})))
    async with database.engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.execute(text("INSERT INTO figures VALUES (1, 1)"))
    yield database
    await database.close()


async def bumps(database: Database, statement: Executable, values: object = None) -> int:
    """By how much a unit of work with this statement bumps the version."""
    before = await version(database)
    async with database.write() as work:
        await work.execute(statement, values)
    return await version(database) - before


async def version(database: Database) -> int:
    """As a reader sees it."""
    async with database.read() as session:
        return (await current_version(session)).number


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (INSERT, NEW),
        (INSERT_NEW, NEW),
        (update(Figure).values(n=2), None),
        (delete(Figure), None),
        (text("INSERT INTO figures VALUES (2, 1)"), None),
        (text("WITH gone AS (DELETE FROM figures RETURNING id) SELECT id FROM gone WHERE id > 100"), None),
        (text("WITH gone AS (\n  DELETE FROM figures RETURNING id) INSERT INTO notes SELECT id FROM gone"), None),
        (text("INSERT INTO figures VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = excluded.n"), None),
    ],
    ids=str,
)
async def test_a_change_of_what_counts_bumps_the_version_once(
    figures: Database, statement: Executable, values: object
) -> None:
    assert await bumps(figures, statement, values) == 1


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (select(Figure).with_for_update(), None),
        (INSERT_NEW, KNOWN),
        (update(Figure).where(Figure.id == 100).values(n=2), None),  # type: ignore[arg-type]
        (text("INSERT INTO notes VALUES (1)"), None),
        (text("SELECT id FROM figures FOR NO KEY UPDATE"), None),
    ],
    ids=str,
)
async def test_what_changes_nothing_that_counts_bumps_nothing(
    figures: Database, statement: Executable, values: object
) -> None:
    assert await bumps(figures, statement, values) == 0


async def test_rows_that_are_added_bump_the_version_once_for_all(figures: Database) -> None:
    before = await version(figures)
    async with figures.write() as work:
        await work.add(Figure(id=2, n=1), Figure(id=3, n=1))
        await work.execute(INSERT, columns_of([{"id": 4, "n": 1}]))
    assert await version(figures) == before + 1
    async with figures.write() as work:
        await work.add(Note(id=2))
    assert await version(figures) == before + 1


async def test_a_unit_of_work_that_fails_bumps_nothing(figures: Database) -> None:
    before = await version(figures)
    with pytest.raises(StatementRefused):
        await bumps(figures, INSERT, KNOWN)
    assert await version(figures) == before


TOUCHED = Touched("unit", "household_health", ("15142", "38"))


async def logged(database: Database) -> list[tuple[str, str | None, list[str]]]:
    """What the log has, in any order."""
    async with database.read() as session:
        rows = await session.execute(text("SELECT kind, scheme, codes FROM change_log ORDER BY kind"))
        return [(row.kind, row.scheme, sorted(row.codes)) for row in rows]


async def test_what_is_written_is_logged_as_what_it_touches(figures: Database) -> None:
    async with figures.write() as work:
        with work.touching([TOUCHED, Touched("unit", "household_health", ("01",))]):
            await work.execute(INSERT, NEW)
        await work.execute(text("INSERT INTO notes VALUES (1)"))
    assert await logged(figures) == [("unit", "household_health", ["01", "15142", "38"])]
    async with figures.read() as session:
        assert (await current_version(session)).unlogged == 0


@pytest.mark.parametrize("first", ["explained", "unexplained"])
async def test_what_is_written_without_saying_what_it_touches_is_logged_as_everything(
    figures: Database, first: str
) -> None:
    async with figures.write() as work:
        if first == "unexplained":
            await work.execute(text("UPDATE figures SET n = 8"))
        with work.touching([TOUCHED]):
            await work.execute(INSERT, NEW)
        if first == "explained":
            await work.execute(text("UPDATE figures SET n = 8"))
    assert await logged(figures) == [("everything", None, [""])]


async def test_the_log_reaches_back_an_hour(figures: Database) -> None:
    for back in (KEPT * 1.1, KEPT * 0.9):
        async with figures.write() as work:
            with work.touching([Touched("unit", None, (str(back),))]):
                await work.execute(text("UPDATE figures SET n = n + 1"))
        async with figures.engine.begin() as connection:
            await connection.execute(
                text("UPDATE change_log SET at = now() - CAST(:back AS interval) WHERE codes = ARRAY[:code]"),
                {"back": back, "code": str(back)},
            )
    async with figures.write() as work:
        await prune(work)
    assert await logged(figures) == [("unit", None, [str(KEPT * 0.9)])]
