"""What counts as "the database is away", and that it is over as soon as the database is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.engine import URL

from services.errors import NotMigrated, Unavailable
from services.persistence.database import Database
from services.persistence.driver_errors import TookTooLong
from tests.support.postgres import Databases, PrivatePostgres
from tests.support.proxy import proxy_to
from tests.support.waiting import eventually, running, soon


async def ask(database: Database) -> int:
    """Any question."""
    async with database.read() as session:
        return int((await session.scalars(text("SELECT 1"))).one())


async def sleep_in(database: Database) -> None:
    """A statement that ends only with its connection."""
    async with database.write() as work:
        await work.execute(text("SELECT pg_sleep(60)"))


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
        administrator = Database(database_url)
        async with administrator.write() as work:
            await work.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database() AND state = 'active'"
                )
            )
        await administrator.close()
        with pytest.raises(Unavailable):
            await soon(sleeping)
    assert await ask(database) == 1


async def test_an_idle_connection_that_was_killed_is_replaced(database: Database, database_url: URL) -> None:
    await ask(database)
    administrator = Database(database_url)
    async with administrator.write() as work:
        await work.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await administrator.close()
    await eventually(lambda: is_answered(database), True)


async def is_answered(database: Database) -> bool:
    """Whether the database can be asked; a client notices a closed connection only after some time."""
    try:
        return await ask(database) == 1
    except Unavailable:
        return False


async def test_a_database_that_is_not_there_is_unavailable(database_url: URL) -> None:
    missing = Database(database_url.set(database="drive_test_never_made"))
    with pytest.raises(Unavailable):
        await ask(missing)
    await missing.close()


async def test_a_database_that_is_not_migrated_is_named_as_such(databases: Databases) -> None:
    url = await databases.create("empty")
    empty = Database(url)
    with pytest.raises(NotMigrated):
        await empty.check()
    with pytest.raises(NotMigrated):
        await ask_for_rows(empty)
    await empty.close()
    await databases.drop(url)


async def ask_for_rows(database: Database) -> None:
    """A question about a table."""
    async with database.read() as session:
        await session.execute(text("SELECT * FROM outbox"))


async def test_a_database_that_does_not_let_us_in_is_unavailable(database_url: URL) -> None:
    stranger = Database(database_url.set(username="drive_test_nobody"))
    with pytest.raises(Unavailable, match="InvalidAuthorization"):
        await ask(stranger)
    await stranger.close()


async def test_a_statement_that_was_prepared_before_a_migration_may_be_asked_again(
    database: Database, database_url: URL
) -> None:
    await ask_for_rows(database)
    migration = Database(database_url)
    async with migration.write() as work:
        await work.execute(text("ALTER TABLE outbox ADD COLUMN added text"))
    await migration.close()
    with pytest.raises(Unavailable):
        await ask_for_rows(database)
    await ask_for_rows(database)


async def test_a_statement_that_is_cut_off_took_too_long(database: Database) -> None:
    with pytest.raises(TookTooLong):
        await sleep_with_a_limit(database)
    assert await ask(database) == 1


async def sleep_with_a_limit(database: Database) -> None:
    """A statement that the server cuts off."""
    async with database.write() as work:
        await work.execute(text("SET LOCAL statement_timeout = 10"))
        await work.execute(text("SELECT pg_sleep(60)"))


async def test_the_server_detects_clients_that_are_gone(database: Database) -> None:
    async with database.read() as session:
        asked = text("SELECT CAST(setting AS int) FROM pg_settings WHERE name LIKE 'tcp_keepalives%'")
        idle, interval, tries = sorted(await session.scalars(asked), reverse=True)
    assert 0 < idle + interval * tries <= 30


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


async def test_a_session_that_began_read_only_is_replaced_once_the_database_is_writable_again(
    database: Database, database_url: URL
) -> None:
    administrator = Database(database_url)
    name = database_url.database
    await change(administrator, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    await database.close()  # so that its next session begins as the administrator wants it
    with pytest.raises(Unavailable, match="25006"):
        await change(database, "CREATE TABLE written ()")
    with pytest.raises(Unavailable, match="read-only"):
        await database.check()
    await change(administrator, f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    await change(database, "CREATE TABLE written ()")
    await database.check()
    await administrator.close()


async def change(database: Database, statement: str) -> None:
    """Run a statement in a unit of work."""
    async with database.write() as work:
        await work.execute(text(statement))
