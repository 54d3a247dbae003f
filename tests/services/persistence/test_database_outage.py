"""A database that is away or full is an outage: two lines in the log, and readiness that says so until it is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text

from services.errors import Unavailable
from services.persistence.database import Database
from tests.support.logged import logged, loud, outages_in, quick_outages, until_ended
from tests.support.postgres import PrivatePostgres
from tests.support.small_disk import SmallDisk, a_small_disk
from tests.support.waiting import eventually

TABLES = ("CREATE TABLE alembic_version AS SELECT text 'x_0001' AS version_num", "CREATE TABLE outbox (seq bigint)")
"""Without which no database is ready."""
ALONE = "alone"
"""Its name: outages of other databases of this process, that tests before have left, may end meanwhile."""


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """What is logged while outages end soon."""
    with quick_outages(), logged() as lines:
        yield lines


@pytest_asyncio.fixture
async def private(private_postgres: PrivatePostgres) -> AsyncIterator[Database]:
    """A database on a server that may be stopped."""
    url = private_postgres.url
    connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    await connection.execute(f"CREATE DATABASE {ALONE}")
    await connection.close()
    opened = Database(url.set(database=ALONE))
    async with opened.write() as work:
        for table in TABLES:
            await work.execute(text(table))
    yield opened
    await opened.close()


async def ask(database: Database) -> str:
    """Any question, and whether it was answered."""
    try:
        async with database.read() as session:
            await session.execute(text("SELECT 1"))
    except Unavailable:
        return "away"
    return "ok"


async def write(database: Database) -> str:
    """Write a megabyte, and say whether that went well."""
    try:
        async with database.write() as work:
            await work.execute(
                text("INSERT INTO t SELECT repeat(md5(random()::text), 30) FROM generate_series(1, 1000)")
            )
    except Unavailable as error:
        return error.detail
    return "ok"


async def readiness(database: Database) -> str:
    """What readiness says of the database."""
    try:
        await database.check()
    except Unavailable as error:
        return error.detail
    return "ok"


async def test_a_server_that_stops_and_comes_back_is_two_lines_however_many_ask(
    private: Database, private_postgres: PrivatePostgres, lines: list[Any]
) -> None:
    assert await ask(private) == "ok"
    private_postgres.stop()
    assert {await ask(private) for _ in range(20)} == {"away"}
    assert outages_in(lines, database=ALONE) == [("outage_began", "database")]
    private_postgres.start()
    await eventually(lambda: ask(private), "ok")
    await until_ended(lines, "database", database=ALONE)
    assert [event for event, _ in outages_in(lines, database=ALONE)] == ["outage_began", "outage_ended"]


async def test_an_error_of_one_try_is_a_line_of_its_own_and_no_outage(database: Database, lines: list[Any]) -> None:
    async def wait_too_long() -> None:
        async with database.write() as work:
            await work.execute(text("SET LOCAL statement_timeout = 5"))
            await work.execute(text("SELECT pg_sleep(60)"))

    with pytest.raises(Unavailable):
        await wait_too_long()
    assert [(line["event"], line.get("sqlstate")) for line in loud(lines)] == [("database_refuses", "57014")]


@pytest.fixture
def disk(private_postgres: PrivatePostgres) -> Iterator[SmallDisk]:
    """A file system for a table's files."""
    with a_small_disk(megabytes=8, owner=private_postgres.system_user) as disk:
        yield disk


async def test_a_full_disk_is_an_outage_and_turns_readiness_red_though_every_read_succeeds(
    private: Database, private_postgres: PrivatePostgres, disk: SmallDisk, lines: list[Any]
) -> None:
    await private_postgres.make_tablespace("small", disk.folder)
    async with private.write() as work:
        await work.execute(text("CREATE TABLE t (filler text) TABLESPACE small"))
        await work.execute(text("ALTER ROLE postgres SET temp_tablespaces = small"))
    assert await readiness(private) == "ok"
    disk.fill()
    while "53100" not in await write(private):
        disk.fill()
    assert [await ask(private) for _ in range(5)] == ["ok"] * 5
    assert "53100" in await readiness(private)
    assert [event for event, _ in outages_in(lines, database=ALONE)] == ["outage_began"]
    [began] = [line for line in loud(lines) if line["event"] != "outage_ended"]
    assert began["sqlstate"] == "53100"
    assert "No space left" in began["message"]
    disk.empty()
    await until_ended(lines, "database", database=ALONE)
    assert await readiness(private) == "ok"
    assert await write(private) == "ok"
