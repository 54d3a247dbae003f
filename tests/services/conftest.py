"""What the chassis is tested on: a database with its tables alone, and each of the two brokers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.engine import URL

from services.clock import SystemClock
from services.messaging.broker import Broker
from services.messaging.in_process import InProcessBroker
from services.messaging.rabbitmq import RabbitBroker
from services.observability import Metrics
from services.persistence.database import Database
from services.runtime import AnyRuntime, Runtime
from services.security.tokens import Tokens
from tests.support.brokers import SUBSCRIPTIONS
from tests.support.chassis import ChassisSettings
from tests.support.postgres import Databases


@pytest_asyncio.fixture
async def database_url(databases: Databases) -> AsyncIterator[URL]:
    """A database with the chassis's tables."""
    url = await databases.create("chassis")
    yield url
    await databases.drop(url)


@pytest_asyncio.fixture
async def database(database_url: URL) -> AsyncIterator[Database]:
    """The same, opened."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(params=["in_process", "rabbitmq"])
def unopened_broker(request: pytest.FixtureRequest) -> Broker:
    """Each of the two brokers."""
    if request.param == "in_process":
        return InProcessBroker(SUBSCRIPTIONS)
    return RabbitBroker(request.getfixturevalue("rabbitmq_url"), SUBSCRIPTIONS)


@pytest_asyncio.fixture
async def broker(unopened_broker: Broker) -> AsyncIterator[Broker]:
    """The same, with its queues, so that publishing and consuming may begin together; closed after the test."""
    await unopened_broker.restore()
    yield unopened_broker
    await unopened_broker.close()


@pytest_asyncio.fixture
async def web_runtime(database: Database, tmp_path: Path) -> AnyRuntime:
    """On the chassis's own tables."""
    return Runtime(ChassisSettings(data_dir=tmp_path), SystemClock(), database, Tokens([b"k" * 32]), Metrics())
