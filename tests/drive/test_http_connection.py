"""What a server makes of clients that send what is no HTTP, too much, too slowly, or hang up."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from drive.hosting import connection_limits, serving
from drive.hosting.http_connection import HEADER_BYTES, HEADERS
from drive.hosting.serving import serving as served
from services.runtime import AnyRuntime
from services.web.middleware import MAX_BODY_BYTES
from targets_api.main import create_app
from tests.conftest import MakeRuntime
from tests.support.blocking import until_blocked
from tests.support.waiting import eventually, soon

Ask = Callable[[bytes], Any]
LIVE = b"GET /health/live HTTP/1.1\r\nHost: here\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


class Server:
    """A served targets API."""

    def __init__(self, runtime: AnyRuntime) -> None:
        self.runtime = runtime
        self.port = runtime.settings.api_port
        token = runtime.tokens.issue("CT", frozenset(["admin"]), runtime.clock.now(), timedelta(hours=1))
        self.authorization = f"Authorization: Bearer {token}\r\n".encode()
        self.post = b"POST /v1/targets HTTP/1.1\r\nHost: here\r\n" + self.authorization

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def ask(self, request: bytes) -> bytes:
        """All that comes back until the server closes the connection."""
        async with self.connected() as (reader, writer):
            writer.write(request)
            return await soon(reader.read())

    def measured(self, **labels: str) -> float:
        """How many requests with these labels."""
        registry = self.runtime.metrics.registry
        return registry.get_sample_value("drive_http_request_seconds_count", labels) or 0

    def cut(self, why: str) -> float:
        """How many connections."""
        return self.runtime.metrics.registry.get_sample_value("drive_http_connections_cut_total", {"why": why}) or 0

    async def has_cut(self, why: str) -> None:
        """Wait for the first."""

        async def is_cut() -> bool:
            return self.cut(why) > 0

        await eventually(is_cut, True)


@asynccontextmanager
async def a_server(make_runtime: MakeRuntime, **settings: Any) -> AsyncIterator[Server]:
    """On a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    runtime = await make_runtime("targets", api_port=port, **settings)
    async with served(create_app(runtime), runtime.settings, "api_port"):
        yield Server(runtime)


def problem(answer: bytes) -> dict[str, Any]:
    """The body of an answer, which is a problem."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"x-content-type-options: nosniff" in head
    found: dict[str, Any] = json.loads(body)
    return found


WRONG: dict[str, tuple[bytes, int, str]] = {
    "no HTTP": (b"hello\r\n\r\n", 400, "malformed"),
    "no length": (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "malformed"),
    "no target": (b"CONNECT here:1 HTTP/1.1\r\n\r\n", 400, "malformed"),
    "many headers": (LIVE + b"A: b\r\n" * HEADERS + b"\r\n", 431, "headers-too-large"),
    "large headers": (LIVE + (b"A: " + b"b" * 1_000 + b"\r\n") * 70 + b"\r\n", 431, "headers-too-large"),
    "endless header": (LIVE + b"A: " + b"b" * 2 * HEADER_BYTES, 431, "headers-too-large"),
    "endless target": (b"GET /" + b"a" * 2 * HEADER_BYTES, 431, "headers-too-large"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_an_error_in_http_is_a_problem_with_an_id_and_is_measured(make_runtime: MakeRuntime, name: str) -> None:
    request, status, code = WRONG[name]
    async with a_server(make_runtime) as server:
        answer = await server.ask(request)
        assert problem(answer)["type"].endswith(f"/problems/{code}")
        assert b"x-request-id: " in answer
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert server.measured(method="none", route="none", status=str(status)) == 1


async def test_a_refusal_has_the_id_that_the_request_came_with(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        answer = await server.ask(LIVE + b"X-Request-Id: given-by-caller\r\nContent-Length: many\r\n\r\n")
        assert b"x-request-id: given-by-caller" in answer


async def test_headers_just_small_enough_are_taken(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        large = b"A: " + b"b" * (HEADER_BYTES - 200) + b"\r\n"
        assert (await server.ask(LIVE + large + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        many = b"A: b\r\n" * (HEADERS - 2)
        assert (await server.ask(LIVE + many + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "framing",
    [
        b"2\r\n{}\r\n0\r\n" + b"A: b\r\n" * 20_000,
        b"2;a=" + b"b" * 2 * HEADER_BYTES,
        b"2\r\n{}\r\n0\r\nA: " + b"b" * 200_000,
    ],
    ids=["many trailers", "chunk extension", "large trailer"],
)
async def test_what_surrounds_a_body_is_limited_as_headers_are(make_runtime: MakeRuntime, framing: bytes) -> None:
    async with a_server(make_runtime) as server:
        answer = await server.ask(server.post + CHUNKED + framing)
        assert problem(answer)["type"].endswith("/problems/headers-too-large")


async def test_small_chunks_are_no_headers(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        body = b"1\r\n \r\n" * HEADER_BYTES + b"0\r\n\r\n"
        assert (await server.ask(server.post + b"Connection: close\r\n" + CHUNKED + body)).startswith(b"HTTP/1.1 400 ")


async def test_trailers_are_no_headers(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        request = b"POST /v1/targets HTTP/1.1\r\nHost: here\r\nConnection: close\r\n" + CHUNKED
        answer = await server.ask(request + b"2\r\n{}\r\n0\r\n" + server.authorization + b"\r\n")
        assert problem(answer)["status"] == 401


async def test_a_broken_request_behind_others_takes_nothing_from_the_answer_under_way(
    make_runtime: MakeRuntime,
) -> None:
    async with a_server(make_runtime) as server:
        answer = await server.ask(LIVE + b"\r\n" + b"hello\r\n\r\n")
        assert answer.count(b"HTTP/1.1 ") == 1
        assert answer.endswith(b'{"status":"live"}')


async def test_requests_that_do_not_wait_for_answers_are_taken_up_to_a_number(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        few = await server.ask((LIVE + b"\r\n") * 20 + LIVE + b"Connection: close\r\n\r\n")
        assert few.count(b"HTTP/1.1 200 ") == 21
        assert (await server.ask((LIVE + b"\r\n") * 10_000)).count(b"HTTP/1.1 200 ") < HEADERS


async def test_a_client_that_still_sends_receives_its_refusal(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server, server.connected() as (reader, writer):
        head = b"POST /v1/targets HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % MAX_BODY_BYTES
        writer.write(head)
        for _ in range(MAX_BODY_BYTES >> 16):
            writer.write(b" " * 65_536)
            await soon(writer.drain())
        assert problem(await soon(reader.read()))["status"] == 401


async def test_who_hangs_up_within_a_body_is_no_error(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        with capture_logs() as lines:
            async with server.connected() as (_, writer):
                writer.write(server.post + b"Content-Length: 100\r\n\r\n{")
                await writer.drain()

            async def counted() -> float:
                return server.measured(method="POST", route="/v1/targets", status="499")

            await eventually(counted, 1)
        assert [line for line in lines if line["log_level"] in ("error", "warning")] == []


async def test_who_hangs_up_before_the_answer_is_no_error(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        async with server.runtime.database.write() as work:
            await work.execute(_LOCK)
            with capture_logs() as lines:
                async with server.connected() as (_, writer):
                    writer.write(b"GET /v1/targets HTTP/1.1\r\n" + server.authorization + b"\r\n")
                    await writer.drain()
                    await until_blocked(server.runtime.database)

        async def counted() -> float:
            return server.measured(method="GET", route="/v1/targets", status="499")

        await eventually(counted, 1)
        assert [line for line in lines if line["log_level"] in ("error", "warning")] == []


async def test_nothing_of_a_connection_waits_for_the_garbage_collector(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        requests = [request for request, *_ in WRONG.values()]
        requests += [LIVE + b"Connection: close\r\n\r\n", (LIVE + b"\r\n") * 1_000]
        for body in (b"[" * 100_000, b'{"a": 1}', b"[]"):
            requests.append(server.post + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        requests.append(server.post + CHUNKED + b"no chunk\r\n")
        requests.append(server.post + CHUNKED + b"2\r\n{}\r\n0\r\n" + b"A: b\r\n" * 50_000)
        gc.collect()
        gc.disable()
        try:
            for request in requests:
                await server.ask(request)
            await eventually(_connections, 0)
        finally:
            gc.enable()


_LOCK = text("LOCK TABLE targets IN ACCESS EXCLUSIVE MODE")


async def _connections() -> int:
    return sum(type(each).__name__ in ("HttpConnection", "RequestResponseCycle") for each in gc.get_objects())


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """All times are short."""
    monkeypatch.setattr(serving, "SWEEP_SECONDS", 0.05)
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "END_SECONDS", "STALL_SECONDS"):
        monkeypatch.setattr(connection_limits, name, 0.3)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("begun", ["headers", "body", "trailers"])
async def test_what_comes_too_slowly_is_refused(make_runtime: MakeRuntime, begun: str) -> None:
    async with a_server(make_runtime) as server:
        requests = {
            "headers": LIVE,
            "body": server.post + b"Content-Length: 100\r\n\r\n{",
            "trailers": server.post + CHUNKED + b"2\r\n{}\r\n0\r\nA: b\r\n",
        }
        answer = await server.ask(requests[begun])
        assert problem(answer)["type"].endswith("/problems/too-slow")
        assert server.cut("slow") == 1


@pytest.mark.usefixtures("impatient")
async def test_a_connection_without_a_request_is_closed(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        assert await server.ask(b"") == b""
        assert server.cut("silent") == 1


@pytest.mark.usefixtures("impatient")
async def test_an_answer_that_nobody_reads_is_given_up(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server, server.connected() as (reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n" * 100)
        await server.has_cut("unread")


async def test_connections_that_wait_for_their_client_make_room_for_others(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime, http_connections=20) as server:
        with capture_logs() as lines:
            async with server.connected() as (reader, writer):
                writer.write(server.post + b"Content-Length: 2\r\n\r\n")
                await eventually(lambda: _sends_body(server), True)
                idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(30)]
                assert (await server.ask(LIVE + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
                writer.write(b"{}")
                assert (await soon(reader.readline())).startswith(b"HTTP/1.1 422 ")
            for _, each in idle:
                each.close()
        assert server.cut("full") >= 10
        assert [line["most"] for line in lines if line["event"] == "connections_full"] == [20]


async def _sends_body(server: Server) -> bool:
    return any(
        getattr(each, "phase", "") == "body" for each in gc.get_objects() if type(each).__name__ == "HttpConnection"
    )


async def test_where_bodies_hold_too_much_the_slowest_is_to_be_sent_later(
    make_runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limits, "BODY_BYTES", 1_000_000)
    async with a_server(make_runtime) as server, server.connected() as (reader, writer):
        head = server.post + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % 900_000
        writer.write(head + b" " * 800_000)
        await soon(writer.drain())
        second = await server.ask(head + b" " * 900_000)
        writer.write(b" " * 100_000)
        first = await soon(reader.read())
        statuses = sorted(problem(answer)["status"] for answer in (first, second))
        assert statuses == [400, 503]
        assert server.cut("memory") == 1
