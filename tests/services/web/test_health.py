"""Health: alive is one thing, able to work another."""

from __future__ import annotations

import httpx
import pytest_asyncio
from sqlalchemy.engine import URL

from services.errors import Unavailable
from services.observability import Metrics
from services.persistence.database import Database
from services.runtime import AnyRuntime, Runtime
from services.web.app import build_app
from tests.conftest import ClientFor


@pytest_asyncio.fixture
async def client(web_runtime: AnyRuntime, client_for: ClientFor) -> httpx.AsyncClient:
    """A client of an app that has nothing else."""
    return await client_for(build_app(web_runtime, title="test", routers=[]))


async def test_a_process_with_its_database_is_live_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "live"}
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "checks": {"database": "ok"}})


async def test_a_process_without_its_database_is_live_and_not_ready(
    web_runtime: AnyRuntime, database_url: URL, client_for: ClientFor
) -> None:
    missing = Database(database_url.set(database="drive_test_never_made"))
    lost = Runtime(web_runtime.settings, web_runtime.clock, missing, web_runtime.tokens, Metrics())
    client = await client_for(build_app(lost, title="test", routers=[]))
    assert (await client.get("/health/live")).status_code == 200
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert ready.json()["checks"]["database"] != "ok"
    await missing.close()


async def test_a_process_is_ready_only_when_every_check_is(web_runtime: AnyRuntime, client: httpx.AsyncClient) -> None:
    async def away() -> None:
        raise Unavailable("the broker is away")

    async def broken() -> None:
        raise OSError("no route")

    web_runtime.checks.update(broker=away, mail=broken)
    ready = await client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["checks"]["broker"] == "the broker is away"
    assert "no route" in ready.json()["checks"]["mail"]
    assert ready.json()["checks"]["database"] == "ok"


async def test_a_check_that_raises_is_not_ready_and_shows_no_secret(
    web_runtime: AnyRuntime, client: httpx.AsyncClient
) -> None:
    async def broken() -> None:
        raise ValueError("amqp://drive:secret@")

    web_runtime.checks.update(broker=broken)
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]["broker"]) == (503, "ValueError")
