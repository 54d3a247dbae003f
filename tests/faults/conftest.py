"""An installation per test: six processes on a PostgreSQL and a RabbitMQ that the test may break."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.engine import URL

from drive.hosting.configuration import SETTINGS
from drive.hosting.services import SERVICES
from migrations.upgrade import upgrade
from tests.support.installation import Installation, an_installation, environment_of
from tests.support.postgres import PrivatePostgres


@pytest_asyncio.fixture(scope="session")
async def migrated_postgres(empty_postgres: PrivatePostgres) -> AsyncIterator[PrivatePostgres]:
    """A server with all three databases that does not run, for others to begin like."""
    server = PrivatePostgres(like=empty_postgres)
    try:
        server.start()
        for service in SERVICES:
            await upgrade(service, server.url.set(database=SETTINGS[service].database_name()))
        server.stop()
        yield server
    finally:
        server.remove()


@pytest.fixture
def durable_postgres(migrated_postgres: PrivatePostgres) -> Iterator[PrivatePostgres]:
    """A migrated server that keeps what it committed, however it ends."""
    server = PrivatePostgres(durable=True, like=migrated_postgres)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest_asyncio.fixture
async def installation(
    durable_postgres: PrivatePostgres, rabbitmq_url: str, tmp_path: Path
) -> AsyncIterator[Installation]:
    """Migrated, with nothing started."""
    async with an_installation(environment_of(durable_postgres.url, rabbitmq_url, tmp_path)) as installation:
        yield installation


async def a_role(superuser: URL) -> URL:
    """The server as a role sees it that may log in and make databases, and nothing else."""
    plain = superuser.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        await connection.execute("CREATE ROLE drive LOGIN CREATEDB")
    finally:
        await connection.close()
    return superuser.set(username="drive")


async def migrate(installation: Installation) -> None:
    """All three databases."""
    for service in SERVICES:
        url = installation.configuration.database(service)
        assert url is not None
        await upgrade(service, url)
