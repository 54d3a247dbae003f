"""Fixtures for every test: real servers, a runtime per test, tokens and clients. What a test makes is gone after it."""

from __future__ import annotations

import gc
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
import hypothesis
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from sqlalchemy.engine import URL, make_url

from drive.hosting.configuration import SETTINGS
from drive.hosting.embedded.programs import BIN
from drive.hosting.services import ServiceName, schema_of
from services.clock import SystemClock
from services.observability import Metrics
from services.persistence.database import Database
from services.runtime import AnyRuntime
from services.security.keys import load_secret_keys
from services.security.tokens import Tokens
from tests.support import environment
from tests.support.compiled import share_compiled_statements
from tests.support.ending import Ending
from tests.support.postgres import Databases, PrivatePostgres
from tests.support.processes import is_root, let_others_reach
from tests.support.rabbitmq import SharedVhost, Vhosts, a_broker
from tests.support.rabbitmq_node import PrivateRabbit, a_private_node
from tests.support.runtime import TestRuntime

environment.forget_settings()
share_compiled_statements()
hypothesis.settings.register_profile("drive", derandomize=True, deadline=None)
hypothesis.settings.load_profile("drive")
# The default shows the locals of every frame of a logged exception, which takes seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_configure() -> None:
    """Exit at SIGTERM as on Ctrl-C, so that servers and databases are removed."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))
    gc.set_threshold(20_000, 20, 20)
    if is_root():  # wherever the checkout is: PostgreSQL runs as another account
        let_others_reach(BIN)


def pytest_collection_finish() -> None:
    """Look for garbage in what tests make: among all modules and tests there is none, and to look takes a second."""
    gc.freeze()


class MakeRuntime(Protocol):
    """`await make_runtime("targets", today=date(2025, 10, 25), webhook_allow=…)`."""

    async def __call__(self, service: ServiceName, *, today: date | None = None, **settings: Any) -> TestRuntime:
        """A runtime on a fresh, migrated database of its own."""
        ...


class TokenFor(Protocol):
    """`token_for(runtime, org="CT", scope="enrolments:write enrolments:read")`."""

    def __call__(self, runtime: AnyRuntime, *, org: str = "CT", scope: str = "admin") -> str:
        """A token that the runtime's service takes, for an hour."""
        ...


class ClientFor(Protocol):
    """`client = await client_for(create_app(runtime), token)`."""

    async def __call__(self, app: FastAPI, token: str | None = None) -> httpx.AsyncClient:
        """A client of the app, in this process."""
        ...


@pytest.fixture(scope="session")
def empty_postgres() -> Iterator[PrivatePostgres]:
    """A server with no databases that is never started, for others to begin like."""
    server = PrivatePostgres()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """The server that all tests share: that of DATABASE_URL, else a private one."""
    if environment.DATABASE_URL:
        yield make_url(environment.DATABASE_URL)
        return
    server = PrivatePostgres()
    try:
        server.start()
        yield server.url
    finally:
        server.remove()


@pytest_asyncio.fixture(scope="session")
async def databases(postgres_server: URL) -> AsyncIterator[Databases]:
    """Databases on the shared server."""
    made = Databases(postgres_server)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
def private_postgres(empty_postgres: PrivatePostgres) -> Iterator[PrivatePostgres]:
    """A started server that the test may stop and restart."""
    server = PrivatePostgres(durable=True, like=empty_postgres)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest_asyncio.fixture
async def make_runtime(databases: Databases, tmp_path: Path) -> AsyncIterator[MakeRuntime]:
    """Makes runtimes, each on a database of its own that is dropped after the test."""
    async with AsyncExitStack() as stack:

        async def make(service: ServiceName, *, today: date | None = None, **settings: Any) -> TestRuntime:
            url = await databases.create(service)
            stack.push_async_callback(databases.drop, url)
            database = Database(url, schema_of(service))
            stack.push_async_callback(database.close)
            given = SETTINGS[service](**{"data_dir": tmp_path, "today": today, **settings})
            tokens = Tokens(load_secret_keys(given))
            return TestRuntime(given, SystemClock(today), database, tokens, Metrics())

        yield make


@pytest.fixture
def token_for() -> TokenFor:
    """Issues tokens."""

    def issue(runtime: AnyRuntime, *, org: str = "CT", scope: str = "admin") -> str:
        return runtime.tokens.issue(org, frozenset(scope.split()), runtime.clock.now(), timedelta(hours=1))

    return issue


@pytest_asyncio.fixture
async def client_for() -> AsyncIterator[ClientFor]:
    """Makes clients; they are closed after the test."""
    async with AsyncExitStack() as stack:

        async def make(app: FastAPI, token: str | None = None) -> httpx.AsyncClient:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            transport = httpx.ASGITransport(Ending(app))
            client = httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers, timeout=30)
            return await stack.enter_async_context(client)

        yield make


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[Vhosts | SharedVhost]:
    """The broker that all tests share."""
    with a_broker(environment.AMQP_URL) as hosts:
        yield hosts


@pytest.fixture
def rabbitmq_url(rabbitmq_server: Vhosts | SharedVhost) -> str:
    """The AMQP URL of an empty virtual host of the test's own."""
    return rabbitmq_server.fresh()


@pytest.fixture
def private_rabbitmq() -> Iterator[PrivateRabbit]:
    """A started node that the test may stop and restart."""
    with a_private_node() as node:
        yield node
