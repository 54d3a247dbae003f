"""`drive migrate` says in one line why it cannot, and what to do; it never shows a traceback or a password."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from drive.hosting.services import schema_of
from migrations.upgrade import upgrade
from services.persistence.database import Database
from tests.support.postgres import Databases, PrivatePostgres
from tests.support.processes import free_port

SECRET = "hidden-word"
BEFORE_INDEXES = "enrolment_0009"
"""The migration after it builds indexes by CREATE INDEX CONCURRENTLY."""


async def migrate(*arguments: str, **environment: str) -> tuple[int, list[str]]:
    """The exit code and what is on standard error, without the line that says that it waits."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "drive", "migrate", "targets", "--wait", "0", *arguments),
        env={**os.environ, "DATABASE_URL": "postgresql://127.0.0.1:1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    lines = [line for line in complaint.decode().splitlines() if "waiting_for_database" not in line]
    assert SECRET not in complaint.decode()
    return process.returncode or 0, lines


def dsn(url: URL, **changes: object) -> str:
    """As an operator writes it."""
    return url.set(drivername="postgresql").set(**changes).render_as_string(hide_password=False)  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def targets_url(databases: Databases) -> AsyncIterator[URL]:
    """A migrated database."""
    url = await databases.create("targets")
    yield url
    await databases.drop(url)


@pytest.mark.parametrize(
    ("found", "remedy"), [("targets_9999", "by a newer version"), ("deadbeef", "correct TARGETS_DATABASE_URL")]
)
async def test_a_revision_that_it_does_not_know_is_one_line(targets_url: URL, found: str, remedy: str) -> None:
    database = Database(targets_url)
    async with database.write() as work:
        await work.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    await database.close()
    code, lines = await migrate(TARGETS_DATABASE_URL=dsn(targets_url))
    assert (code, len(lines)) == (2, 1), lines
    expected = (found, "its newest is targets_", remedy, str(targets_url.database))
    assert [words for words in expected if words not in lines[0]] == []


async def test_a_server_that_is_away_is_named_with_address_and_setting() -> None:
    port = free_port()
    code, lines = await migrate(DATABASE_URL=f"postgresql://drive:{SECRET}@127.0.0.1:{port}")
    told = f"drive: cannot reach PostgreSQL at 127.0.0.1:{port} (DATABASE_URL): connection refused"
    assert (code, lines) == (2, [told])


async def test_a_host_that_is_not_known_is_named(targets_url: URL) -> None:
    code, lines = await migrate(TARGETS_DATABASE_URL="postgresql://drive@db.invalid/targets")
    told = "drive: cannot reach PostgreSQL at db.invalid:5432 (TARGETS_DATABASE_URL): there is no host of this name"
    assert (code, lines) == (2, [told])


async def test_the_port_of_another_server_is_one_line(rabbitmq_url: str) -> None:
    url = f"postgresql://drive:{SECRET}@127.0.0.1:{make_url(rabbitmq_url).port}"
    code, lines = await migrate(DATABASE_URL=url)
    assert (code, len(lines)) == (2, 1), lines
    assert "is not PostgreSQL; correct the port" in lines[0]


async def test_a_server_without_the_tls_that_the_url_asks_for_is_one_line(targets_url: URL) -> None:
    code, lines = await migrate(TARGETS_DATABASE_URL=dsn(targets_url, query={"sslmode": "require"}))
    assert (code, len(lines)) == (2, 1), lines
    assert "it offers no TLS" in lines[0]


async def test_wrong_logins_and_missing_rights_are_one_line_each(private_postgres: PrivatePostgres) -> None:
    administrator = Database(private_postgres.url)
    async with administrator.write() as work:
        await work.execute(text("CREATE ROLE visitor LOGIN"))
    await administrator.close()
    code, lines = await migrate(DATABASE_URL=dsn(private_postgres.url, username="nobody", password=SECRET))
    assert (code, len(lines)) == (2, 1), lines
    assert 'refuses the login: role "nobody" does not exist' in lines[0]
    code, lines = await migrate(DATABASE_URL=dsn(private_postgres.url, username="visitor"))
    assert (code, len(lines)) == (2, 1), lines
    assert "permission denied to create database; DATABASE_URL must name a role that may" in lines[0]


async def test_several_who_migrate_one_database_take_turns_also_where_an_index_is_built_beside_writers(
    databases: Databases,
) -> None:
    """A statement that waits for its turn would hold the snapshot that CREATE INDEX CONCURRENTLY waits for."""
    url = await databases.create("empty")
    await upgrade("enrolment", url, BEFORE_INDEXES)
    await asyncio.gather(*(upgrade("enrolment", url) for _ in range(3)))
    database = Database(url)
    async with database.read() as session:
        found = (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    await database.close()
    await databases.drop(url)
    assert found == schema_of("enrolment").revision
