"""What a real server makes of HEAD, and of headers by which a proxy would speak for others."""

from __future__ import annotations

import asyncio
import http.client
import socket

import pytest
from fastapi import APIRouter, Request

from drive.hosting.serving import serving
from services.runtime import AnyRuntime
from services.web.app import build_app
from services.web.strict_route import StrictRoute

Answer = tuple[int, http.client.HTTPMessage, bytes]
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "elsewhere.example",
    "Forwarded": "for=203.0.113.9;proto=https;host=elsewhere.example",
    "X-Real-IP": "203.0.113.9",
}


def routes() -> APIRouter:
    """One route that says how the request came in."""
    router = APIRouter(route_class=StrictRoute)

    @router.get("/origin")
    async def origin(request: Request) -> list[str]:
        return [request.url.scheme, request.client.host if request.client else ""]

    return router


def ask(port: int, requests: list[tuple[str, str]], headers: dict[str, str]) -> list[Answer]:
    """The answers to requests over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found: list[Answer] = []
    for method, path in requests:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        found.append((answer.status, answer.headers, answer.read()))
    return found


async def served(runtime: AnyRuntime, requests: list[tuple[str, str]], headers: dict[str, str]) -> list[Answer]:
    """The same, of an app that is served for that time."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    settings = runtime.settings.model_copy(update={"api_port": port})
    async with serving(build_app(runtime, title="test", routers=[routes()]), settings, "api_port"):
        return await asyncio.to_thread(ask, port, requests, headers)


async def test_a_connection_goes_on_after_head(web_runtime: AnyRuntime) -> None:
    requests = [(method, path) for path in ("/origin", "/nowhere") for method in ("HEAD", "GET")]
    answers = await served(web_runtime, requests, {})
    for head, get in zip(answers[::2], answers[1::2], strict=True):
        assert (head[0], head[2]) == (get[0], b"")
        assert (head[1].keys(), head[1]["content-length"]) == (get[1].keys(), str(len(get[2])))


@pytest.mark.parametrize("variable", [None, "*"])
async def test_nobody_is_trusted_to_speak_for_others(
    web_runtime: AnyRuntime, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    if variable:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", variable)
    (answer,) = await served(web_runtime, [("GET", "/origin")], FORGED)
    assert answer[2] == b'["http","127.0.0.1"]'


async def test_no_answer_is_made_of_the_host_that_was_asked_for(web_runtime: AnyRuntime) -> None:
    requests = [("GET", path) for path in ("/origin/", "/origin", "/nowhere", "/docs", "/openapi.json")]
    for _, headers, body in await served(web_runtime, requests, FORGED | {"Host": "elsewhere.example"}):
        assert "elsewhere" not in f"{headers}{body.decode()}"
