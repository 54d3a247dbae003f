"""Connections on which several requests come: what one of them was must not matter to the next."""

from __future__ import annotations

import asyncio
import json

from drive.hosting.http_connection import HEADER_BYTES
from services.web.middleware import MAX_BODY_BYTES
from tests.conftest import MakeRuntime
from tests.drive.test_http_connection import LIVE, a_server
from tests.support.waiting import soon

UPGRADE = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"


async def next_status(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; its status."""
    head = await soon(reader.readuntil(b"\r\n\r\n"))
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
    await soon(reader.readexactly(int(fields[b"content-length"])))
    return int(head.split(b" ")[1])


async def test_a_connection_outlives_any_number_of_bodies_that_were_refused_unread(make_runtime: MakeRuntime) -> None:
    """As one between a proxy and the API does."""
    body = b" " * MAX_BODY_BYTES
    head = b"POST /v1/targets HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with a_server(make_runtime) as server, server.connected() as (reader, writer):
        for _ in range(20):
            writer.write(head + body)
            assert await next_status(reader) == 401


async def test_a_request_behind_an_answer_that_closes_the_connection_is_not_begun(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        closing = LIVE + b"Connection: close\r\n\r\n"
        said = await server.ask(closing + server.post + b"Content-Length: 2\r\n\r\n{}" + b"GET /health/l")
        assert said.count(b"HTTP/1.1 ") == 1
        assert server.measured(method="POST", route="/v1/targets", status="422") == 0


async def test_headers_are_limited_behind_another_request_as_they_are_in_front(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server, server.connected() as (reader, writer):
        writer.write(LIVE + b"\r\n" + LIVE + b"A: " + b"b" * 2 * HEADER_BYTES + b"\r\n\r\n")
        assert [await next_status(reader), await next_status(reader)] == [200, 431]


async def test_a_body_that_an_upgrade_would_lose_is_refused(make_runtime: MakeRuntime) -> None:
    async with a_server(make_runtime) as server:
        answer = await server.ask(server.post + UPGRADE + b"Content-Length: 2\r\n\r\n{}")
        [error] = json.loads(answer.partition(b"\r\n\r\n")[2])["errors"]
        assert error["pointer"] == "/header/Upgrade"
        async with server.connected() as (reader, writer):
            writer.write(LIVE + UPGRADE + b"\r\n")
            assert await next_status(reader) == 200
