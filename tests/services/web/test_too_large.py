"""A refusal must reach a client that sends on, and closes the connection after it."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from collections.abc import Iterator

import pytest
from fastapi import APIRouter

from drive.hosting.serving import serving
from services.runtime import AnyRuntime
from services.web.app import build_app
from services.web.middleware import MAX_BODY_BYTES
from services.web.strict_route import StrictRoute

SIZE = 3 * MAX_BODY_BYTES


def routes() -> APIRouter:
    """One route that takes a body."""
    router = APIRouter(route_class=StrictRoute)

    @router.post("/bodies")
    async def bodies(body: dict[str, str]) -> int:
        return len(body)

    return router


def a_body() -> Iterator[bytes]:
    """More than is taken, in pieces, so that the server has answered long before the end."""
    for _ in range(SIZE // 65536):
        yield b" " * 65536


def post(port: int, headers: dict[str, str], *, chunked: bool) -> tuple[int, str]:
    """Status and problem type, as a client sees them that reads nothing until it has sent everything."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    length = {} if chunked else {"Content-Length": str(SIZE)}
    connection.request("POST", "/bodies", a_body(), headers | length, encode_chunked=chunked)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())["type"]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("connection", ["close", "keep-alive"])
async def test_a_client_receives_the_refusal_of_a_body_that_is_too_large(
    web_runtime: AnyRuntime, connection: str, *, chunked: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    headers = {"Connection": connection, "Content-Type": "application/json"}
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    settings = web_runtime.settings.model_copy(update={"api_port": port})
    async with serving(build_app(web_runtime, title="test", routers=[routes()]), settings, "api_port"):
        answer = await asyncio.to_thread(post, port, headers, chunked=chunked)
    assert answer == (413, f"http://127.0.0.1:{port}/problems/too-large")
