"""A line in the log for each request, which says nothing of what was in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog

from services.errors import Unavailable
from services.runtime import AnyRuntime
from services.web.app import build_app
from tests.conftest import ClientFor, TokenFor
from tests.services.web.test_web import routes


@pytest_asyncio.fixture
async def client(web_runtime: AnyRuntime, token_for: TokenFor, client_for: ClientFor) -> httpx.AsyncClient:
    """A client of the organisation CT."""
    app = build_app(web_runtime, title="test", routers=[routes()])
    return await client_for(app, token_for(web_runtime, scope="progress:read"))


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """What is logged of requests."""
    with structlog.testing.capture_logs() as logged:
        yield logged


def of_requests(lines: list[Any]) -> list[Any]:
    """The lines of requests."""
    return [line for line in lines if line["event"] == "request"]


async def test_a_request_is_one_line_with_its_route_organisation_status_and_time(
    client: httpx.AsyncClient, lines: list[Any]
) -> None:
    answer = await client.get("/mine", headers={"X-Request-Id": "partner-0001"})
    assert answer.status_code == 200
    [line] = of_requests(lines)
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": "partner-0001",
        "method": "GET",
        "route": "/mine",
        "status": 200,
        "organisation": "CT",
    }


async def test_a_line_holds_no_path_query_body_header_or_token(client: httpx.AsyncClient, lines: list[Any]) -> None:
    secrets = ("0912345678", "038080000001", client.headers["authorization"].split()[1])
    body = {"people": [{"born_on": "1980-02-03", "name": "0912345678"}]}
    await client.post("/bodies", params={"phone": "0912345678"}, json=body)
    await client.post("/bodies", json={"people": [{"name": "038080000001"}]})
    await client.get("/numbers/0912345678", headers={"User-Agent": "038080000001"})
    await client.get("/nowhere/038080000001")
    found = of_requests(lines)
    assert [line["route"] for line in found] == ["/bodies", "/bodies", "/numbers/{number}", "none"]
    assert not [secret for secret in secrets if secret in repr(lines)]


@pytest.mark.parametrize(
    ("path", "status", "problem", "level"),
    [
        ("/refusals/conflict", 409, "already-there", "info"),
        ("/refusals/unavailable", 503, "unavailable", "warning"),
        ("/bug", 500, "internal", "warning"),
        ("/numbers/many", 422, "invalid", "info"),
        ("/nowhere", 404, "not-found", "info"),
    ],
)
async def test_a_refusal_is_named_and_counted_by_its_code(
    client: httpx.AsyncClient,
    web_runtime: AnyRuntime,
    lines: list[Any],
    path: str,
    status: int,
    problem: str,
    level: str,
) -> None:
    assert (await client.get(path)).status_code == status
    [line] = of_requests(lines)
    assert (line["status"], line["problem"], line["log_level"]) == (status, problem, level)
    labels = {"method": "GET", "route": line["route"], "code": problem}
    assert web_runtime.metrics.registry.get_sample_value("drive_refusals_total", labels) == 1


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_what_machines_ask_for_is_a_line_for_debugging_only(
    client: httpx.AsyncClient, lines: list[Any], path: str
) -> None:
    assert (await client.get(path)).status_code == 200
    assert [line["log_level"] for line in of_requests(lines)] == ["debug"]


async def test_a_process_that_is_not_ready_writes_no_line_for_each_time_it_is_asked(
    client: httpx.AsyncClient, web_runtime: AnyRuntime, lines: list[Any]
) -> None:
    async def away() -> None:
        raise Unavailable("the broker is away")

    web_runtime.checks["broker"] = away
    assert (await client.get("/health/ready")).status_code == 503
    assert [line["log_level"] for line in of_requests(lines)] == ["debug"]


async def test_whoever_has_no_valid_token_is_of_no_organisation(client: httpx.AsyncClient, lines: list[Any]) -> None:
    answer = await client.get("/mine", headers={"Authorization": "Bearer x.y.z"})
    assert answer.status_code == 401
    [line] = of_requests(lines)
    assert "organisation" not in line
    assert line["problem"] == "unauthenticated"
