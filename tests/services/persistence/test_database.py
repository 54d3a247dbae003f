"""The unit of work and the read session."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Integer, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.errors import Unavailable
from services.ids import new_id
from services.messaging.outbox import emit
from services.persistence.database import Database
from services.persistence.driver_errors import StatementRefused
from services.persistence.unnest import columns_of, insert_many, table_of
from tests.support.events import a_unit
from tests.support.waiting import running, soon


class Base(SQLModel, registry=registry()):
    """As each service has one: its tables share nothing with those of others."""


class Thing(Base, table=True):
    """The same table as a row."""

    __tablename__ = "things"

    id: UUID = Field(primary_key=True)
    name: str
    size: int | None = Field(None, sa_type=Integer)


INSERT = insert_many(Thing)
INSERT_NEW = insert_many(Thing).on_conflict_do_nothing().returning(table_of(Thing))


@pytest_asyncio.fixture
async def things(database: Database) -> Database:
    """A database with a table to work on."""
    async with database.write() as work:
        await work.execute(text("CREATE TABLE things (id uuid PRIMARY KEY, name text NOT NULL UNIQUE, size integer)"))
    return database


async def names(database: Database) -> list[str]:
    """What is committed."""
    async with database.read() as session:
        return list(await session.scalars(text("SELECT name FROM things ORDER BY name")))


async def insert(database: Database, *new: str, then: Exception | None = None) -> None:
    """A unit of work that inserts rows, and may fail after that."""
    async with database.write() as work:
        await work.execute(INSERT, columns_of([{"id": new_id(), "name": name, "size": 1} for name in new]))
        if then:
            raise then


async def test_a_unit_of_work_is_committed_when_its_block_is_left(things: Database) -> None:
    async with things.write() as work:
        await work.execute(INSERT, columns_of([{"id": new_id(), "name": "a", "size": 1}]))
        assert await names(things) == []
    assert await names(things) == ["a"]


async def test_a_unit_of_work_that_fails_leaves_nothing(things: Database) -> None:
    with pytest.raises(KeyError):
        await insert(things, "a", then=KeyError("a"))
    assert await names(things) == []


async def test_a_unit_of_work_that_is_cancelled_leaves_nothing(things: Database) -> None:
    inserted = asyncio.Event()

    async def work() -> None:
        async with things.write() as work:
            await work.execute(INSERT, columns_of([{"id": new_id(), "name": "a", "size": 1}]))
            inserted.set()
            await asyncio.Event().wait()

    async with running(work()):
        await soon(inserted.wait())
    assert await names(things) == []


async def write_in_a_read_session(database: Database) -> None:
    """What must not be possible."""
    async with database.read() as session:
        await session.execute(text("INSERT INTO things (id, name) VALUES (gen_random_uuid(), 'a')"))


async def test_a_read_session_cannot_write(things: Database) -> None:
    with pytest.raises(Unavailable):
        await write_in_a_read_session(things)
    assert await names(things) == []
    await insert(things, "b")
    assert await names(things) == ["b"]


async def test_rows_are_added_changed_and_found_by_their_key(things: Database) -> None:
    key = new_id()
    async with things.write() as work:
        await work.add(Thing(id=key, name="a", size=1))
    async with things.write() as work:
        thing = await work.get(Thing, key)
        assert thing is not None
        thing.size = 2
    async with things.read() as session:
        found = await session.get(Thing, key)
        assert found is not None
        assert (found.name, found.size) == ("a", 2)
        assert await session.get(Thing, new_id()) is None


async def test_a_bulk_insert_answers_for_the_rows_that_went_in(things: Database) -> None:
    rows = [{"id": new_id(), "name": f"{n:04}", "size": n if n % 2 else None} for n in range(1000)]
    await insert(things, "0500", "Cẩm Thạch")
    async with things.write() as work:
        went_in = (await work.execute(INSERT_NEW, columns_of(rows))).all()
    assert [(row.id, row.name, row.size) for row in went_in] == [
        (row["id"], row["name"], row["size"]) for row in rows if row["name"] != "0500"
    ]
    assert len(await names(things)) == 1001


async def test_a_value_that_looks_like_sql_is_a_value(things: Database) -> None:
    await insert(things, "'); DROP TABLE things; --", "{1,2}", "NULL")
    assert await names(things) == ["'); DROP TABLE things; --", "NULL", "{1,2}"]


async def test_a_violated_constraint_is_no_outage(things: Database) -> None:
    await insert(things, "a")
    with pytest.raises(StatementRefused, match="things_name_key"):
        await insert(things, "a")


async def test_only_a_commit_that_left_events_wakes_the_relay(things: Database) -> None:
    await insert(things, "a")
    assert not things.committed_events.is_set()
    async with things.write() as work:
        await emit(work, [a_unit()])
        assert not things.committed_events.is_set()
    assert things.committed_events.is_set()
