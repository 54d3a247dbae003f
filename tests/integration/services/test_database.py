"""The unit of work and the read session, and what counts as "the database is away"."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.database import Database
from services.ids import new_id
from services.kernel import Unavailable
from services.messaging.outbox import emit
from tests.support.events import a_unit
from tests.support.postgres import Databases, PrivatePostgres
from tests.support.proxy import proxy_to
from tests.support.waiting import running, soon

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("size", Integer),
)


class Base(SQLModel, registry=registry()):
    """As each service has one: its tables share nothing with those of others."""


class Thing(Base, table=True):
    """The same table as a row."""

    __tablename__ = "things"

    id: UUID = Field(primary_key=True)
    name: str
    size: int | None


@pytest_asyncio.fixture
async def things(database: Database) -> Database:
    """A database with a table to work on."""
    async with database.write() as session:
        await session.execute(
            text("CREATE TABLE things (id uuid PRIMARY KEY, name text NOT NULL UNIQUE, size integer)")
        )
    return database


async def names(database: Database) -> list[str]:
    """What is committed."""
    async with database.read() as session:
        return list(await session.scalars(text("SELECT name FROM things ORDER BY name")))


async def insert(database: Database, *new: str, then: Exception | None = None) -> None:
    """A unit of work that inserts rows, and may fail after that."""
    async with database.write() as session:
        await session.bulk_insert(THINGS, [{"id": new_id(), "name": name, "size": 1} for name in new])
        if then:
            raise then


async def test_a_unit_of_work_is_committed_when_its_block_is_left(things: Database) -> None:
    async with things.write() as session:
        await session.bulk_insert(THINGS, [{"id": new_id(), "name": "a", "size": 1}])
        assert await names(things) == []
    assert await names(things) == ["a"]


async def test_a_unit_of_work_that_fails_leaves_nothing(things: Database) -> None:
    with pytest.raises(KeyError):
        await insert(things, "a", then=KeyError("a"))
    assert await names(things) == []


async def test_a_unit_of_work_that_is_cancelled_leaves_nothing(things: Database) -> None:
    inserted = asyncio.Event()

    async def work() -> None:
        async with things.write() as session:
            await session.bulk_insert(THINGS, [{"id": new_id(), "name": "a", "size": 1}])
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


async def test_what_fails_in_a_savepoint_is_undone_alone(things: Database) -> None:
    async with things.write() as session:
        await session.bulk_insert(THINGS, [{"id": new_id(), "name": "a", "size": 1}])
        with pytest.raises(IntegrityError):
            async with session.savepoint():
                await session.bulk_insert(THINGS, [{"id": new_id(), "name": "a", "size": 2}])
        await session.bulk_insert(THINGS, [{"id": new_id(), "name": "b", "size": None}])
    assert await names(things) == ["a", "b"]


async def test_rows_are_added_changed_and_found_by_their_key(things: Database) -> None:
    key = new_id()
    async with things.write() as session:
        await session.add(Thing(id=key, name="a", size=1))
    async with things.write() as session:
        thing = await session.get(Thing, key)
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
    async with things.write() as session:
        went_in = await session.bulk_insert(THINGS, rows, on_conflict="(name) DO NOTHING", returning="id, name, size")
    assert [(row.id, row.name, row.size) for row in went_in] == [
        (row["id"], row["name"], row["size"]) for row in rows if row["name"] != "0500"
    ]
    assert len(await names(things)) == 1001


async def test_a_bulk_insert_of_nothing_does_nothing(things: Database) -> None:
    async with things.write() as session:
        assert await session.bulk_insert(THINGS, [], returning="id") == []


async def test_a_value_that_looks_like_sql_is_a_value(things: Database) -> None:
    await insert(things, "'); DROP TABLE things; --", "{1,2}", "NULL")
    assert await names(things) == ["'); DROP TABLE things; --", "NULL", "{1,2}"]


async def test_a_violated_constraint_is_no_outage(things: Database) -> None:
    await insert(things, "a")
    with pytest.raises(IntegrityError):
        await insert(things, "a")


async def test_only_a_commit_that_left_events_wakes_the_relay(things: Database) -> None:
    await insert(things, "a")
    assert not things.committed_events.is_set()
    async with things.write() as session:
        await emit(session, [a_unit()])
        assert not things.committed_events.is_set()
    assert things.committed_events.is_set()


async def ask(database: Database) -> int:
    """Any question."""
    async with database.read() as session:
        return int((await session.scalars(text("SELECT 1"))).one())


async def sleep_in(database: Database) -> None:
    """A statement that ends only with its connection."""
    async with database.write() as session:
        await session.execute(text("SELECT pg_sleep(60)"))


@pytest_asyncio.fixture
async def private(private_postgres: PrivatePostgres) -> AsyncIterator[Database]:
    """A database on a server that may be stopped."""
    opened = Database(private_postgres.url)
    yield opened
    await opened.close()


async def test_a_server_that_stops_is_unavailable_and_the_next_question_after_its_return_is_answered(
    private: Database, private_postgres: PrivatePostgres
) -> None:
    assert await ask(private) == 1
    private_postgres.stop()
    with pytest.raises(Unavailable):
        await ask(private)
    with pytest.raises(Unavailable):
        await private.check()
    private_postgres.start()
    assert await ask(private) == 1


async def test_a_server_that_crashes_under_a_statement_is_unavailable(
    private: Database, private_postgres: PrivatePostgres
) -> None:
    assert await ask(private) == 1
    async with running(sleep_in(private)) as sleeping:
        await statement_runs(private)
        await asyncio.to_thread(private_postgres.restart, immediate=True)
        with pytest.raises(Unavailable):
            await soon(sleeping)


async def statement_runs(database: Database) -> None:
    """Wait until the server is busy with pg_sleep."""
    while True:
        async with database.read() as session:
            busy = text(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
            )
            if (await session.scalars(busy)).one():
                return


async def test_a_connection_killed_in_mid_statement_is_unavailable_and_replaced(
    database: Database, database_url: URL
) -> None:
    async with running(sleep_in(database)) as sleeping:
        await statement_runs(database)
        killer = Database(database_url)
        async with killer.write() as session:
            await session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database() AND state = 'active'"
                )
            )
        await killer.close()
        with pytest.raises(Unavailable):
            await soon(sleeping)
    assert await ask(database) == 1


async def test_an_idle_connection_that_was_killed_costs_at_most_one_question(
    database: Database, database_url: URL
) -> None:
    await ask(database)
    killer = Database(database_url)
    async with killer.write() as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await killer.close()
    with pytest.raises(Unavailable):
        await ask_until_it_fails_or(database)
    assert await ask(database) == 1


async def ask_until_it_fails_or(database: Database) -> None:
    """The pool may have more than one connection; one of them is dead."""
    for _ in range(20):
        await ask(database)


async def test_a_database_that_is_not_there_is_unavailable(database_url: URL) -> None:
    missing = Database(database_url.set(database="drive_test_never_made"))
    with pytest.raises(Unavailable):
        await ask(missing)
    await missing.close()


async def test_a_database_that_is_not_migrated_is_unavailable(databases: Databases) -> None:
    url = await databases.create("empty")
    empty = Database(url)
    with pytest.raises(Unavailable):
        await empty.check()
    with pytest.raises(Unavailable):
        await names(empty)
    await empty.close()
    await databases.drop(url)


async def test_a_migrated_database_is_well(database: Database) -> None:
    await database.check()


async def test_a_server_that_does_not_answer_is_unavailable_in_time(database_url: URL) -> None:
    async with proxy_to(database_url.host or "127.0.0.1", database_url.port or 5432) as (proxy, port):
        behind = Database(database_url.set(host="127.0.0.1", port=port))
        await ask(behind)
        proxy.stall()
        with pytest.raises(Unavailable):
            await soon(behind.check())
        proxy.cut()
        proxy.flow()
        await behind.close()


async def test_a_pool_that_is_used_up_is_unavailable(database_url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Database(database_url, pool_size=1)
    monkeypatch.setattr(small.engine.pool, "_timeout", 0.01)
    monkeypatch.setattr(small.engine.pool, "_max_overflow", 0)
    async with small.read() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(Unavailable):
            await ask(small)
    assert await ask(small) == 1
    await small.close()
