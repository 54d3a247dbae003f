"""A town per test: six processes on a PostgreSQL and a RabbitMQ that the test may break."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.engine import URL

from migrations.upgrade import upgrade
from services.settings import SERVICES
from tests.support.postgres import PrivatePostgres
from tests.support.town import Town, a_town, environment_of


@pytest.fixture
def durable_postgres() -> Iterator[PrivatePostgres]:
    """A server that keeps what it committed, however it ends."""
    server = PrivatePostgres(durable=True)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest_asyncio.fixture
async def town(durable_postgres: PrivatePostgres, rabbitmq_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    """Migrated, with nothing started."""
    async with a_town(environment_of(durable_postgres.url, rabbitmq_url, tmp_path)) as town:
        await migrate(town)
        yield town


async def a_role(superuser: URL) -> URL:
    """The server as a role sees it that may log in and make databases, and nothing else."""
    plain = superuser.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        await connection.execute("CREATE ROLE drive LOGIN CREATEDB")
    finally:
        await connection.close()
    return superuser.set(username="drive")


async def migrate(town: Town) -> None:
    """All three databases."""
    for service in SERVICES:
        url = town.settings.database_url_of(service)
        assert url is not None
        await upgrade(service, url)
