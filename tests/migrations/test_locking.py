"""A migration waits for whoever holds a table, a few seconds at a time, and names them in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.engine import URL

from drive.hosting.services import schema_of
from migrations import locking
from migrations.errors import NotRun
from migrations.upgrade import upgrade
from services.persistence.database import Database
from services.waiting import poll
from tests.support.postgres import Databases

BEFORE = "targets_0016"
"""The migration after it adds columns to the ledger, which waits for whoever reads it."""
AT_ONCE = timedelta(0)
READ = text("SELECT count(*) FROM ledger WHERE unit_code = '15142'")
BLOCKED = text("SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND wait_event_type = 'Lock'")
REVISION = text("SELECT version_num FROM alembic_version")


@pytest_asyncio.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """One of the version before, of which somebody may read for long."""
    url = await databases.create("empty")
    await upgrade("targets", url, BEFORE)
    database = Database(url, application_name="a report", patience=timedelta(minutes=5))
    yield database
    await database.close()
    await databases.drop(url)


async def until_it_waits(database: Database) -> None:
    async def waiting() -> bool:
        async with database.read() as session:
            return bool((await session.execute(BLOCKED)).scalar_one())

    await asyncio.wait_for(poll(waiting, bool), 60)


async def revision_of(url: URL) -> str:
    database = Database(url)
    async with database.read() as session:
        found = (await session.execute(REVISION)).scalar_one()
    await database.close()
    return str(found)


async def test_who_holds_a_table_is_named_with_what_they_run_but_for_its_values(database: Database) -> None:
    async with database.write() as report:
        await report.execute(READ)
        pid = (
            await report.execute(text("SELECT pg_backend_pid() FROM ledger RIGHT JOIN (SELECT 1) x ON true"))
        ).scalar()
        await report.execute(READ)
        with pytest.raises(NotRun) as told:
            await upgrade("targets", database.url, lock_patience=AT_ONCE)
    assert f"tables are locked by pid {pid} (a report, in a transaction for " in told.value.detail
    assert "SELECT count(*) FROM ledger WHERE unit_code = '…'" in told.value.detail
    assert "pg_terminate_backend(PID)" in told.value.detail
    assert await revision_of(database.url) == BEFORE
    await upgrade("targets", database.url)
    assert await revision_of(database.url) == schema_of("targets").revision


async def test_it_tries_again_until_the_table_is_free(database: Database) -> None:
    async with database.write() as report:
        await report.execute(READ)
        task = asyncio.create_task(upgrade("targets", database.url))
        await until_it_waits(database)
        async with asyncio.timeout(60):
            await poll(lambda: waits_no_more(database), bool)
        assert not task.done()
    await task
    assert await revision_of(database.url) == schema_of("targets").revision


async def waits_no_more(database: Database) -> bool:
    async with database.read() as session:
        return not (await session.execute(BLOCKED)).scalar_one()


async def test_readers_wait_behind_it_for_less_than_a_statement_of_a_service_waits(database: Database) -> None:
    async with database.write() as report:
        await report.execute(READ)
        task = asyncio.create_task(upgrade("targets", database.url))
        await until_it_waits(database)
        async with database.read() as session:
            assert (await session.execute(READ)).scalar_one() == 0
    await task


async def test_an_index_that_is_built_beside_writers_waits_for_as_long_as_they_take(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits behind it. Whatever it waits for, it would wait for again."""
    await upgrade("targets", database.url, "targets_0021")
    monkeypatch.setattr(locking, "_WAIT_A_LITTLE", text("SET lock_timeout = '1ms'"))
    async with database.write() as writer:
        await writer.execute(text("LOCK TABLE tallies IN ROW EXCLUSIVE MODE"))
        task = asyncio.create_task(upgrade("targets", database.url, lock_patience=AT_ONCE))
        await until_it_waits(database)
        assert not task.done()
    await task
    assert await revision_of(database.url) == schema_of("targets").revision
