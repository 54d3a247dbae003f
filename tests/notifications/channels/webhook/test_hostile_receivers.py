"""Receivers that come to no end: no attempt takes longer than it may, reads what nobody needs, or is kept open."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeAlias

import pytest

from notifications.channels.kind import ChannelEnvironment
from notifications.channels.signing_secrets import SigningSecrets
from notifications.channels.webhook import client as webhook
from notifications.channels.webhook.compose import body_of
from notifications.channels.webhook.secret import new_secret
from notifications.channels.webhook.send import Format, open_webhooks
from notifications.domain.delivery import Outcome, Refused, Retry, Sent
from notifications.settings import NotificationsSettings
from tests.notifications.outgoing_message import an_outgoing_message
from tests.support.clock import SettableClock
from tests.support.connections import connections_to
from tests.support.waiting import eventually

Answer: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]
_OK: Final = b"HTTP/1.1 200 OK\r\n"
_BODY: Final = 16 * 1024 * 1024
"""More than the buffers of both ends of a connection take."""
_SECONDS: Final = 1.0


async def _again_and_again(writer: asyncio.StreamWriter, what: bytes, pause: float = 0.0) -> None:
    while True:
        writer.write(what)
        await writer.drain()
        await asyncio.sleep(pause)


async def _drips_a_body(writer: asyncio.StreamWriter) -> None:
    writer.write(_OK + b"Content-Length: 1000000\r\n\r\n")
    await _again_and_again(writer, b"x", 0.05)


async def _drips_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(_OK + b"Transfer-Encoding: chunked\r\n\r\n")
    await _again_and_again(writer, b"1\r\nx\r\n", 0.05)


async def _sends_a_body_without_end(writer: asyncio.StreamWriter) -> None:
    writer.write(_OK + b"\r\n")
    await _again_and_again(writer, b"x" * 65536)


async def _drips_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(_OK + b"X: ")
    await _again_and_again(writer, b"y", 0.05)


async def _sends_headers_without_end(writer: asyncio.StreamWriter) -> None:
    writer.write(_OK)
    await _again_and_again(writer, b"X: " + b"y" * 1000 + b"\r\n")


async def _sends_a_header_without_end(writer: asyncio.StreamWriter) -> None:
    writer.write(_OK + b"X: ")
    await _again_and_again(writer, b"y" * 65536)


async def _says_to_go_on_for_ever(writer: asyncio.StreamWriter) -> None:
    await _again_and_again(writer, b"HTTP/1.1 100 Continue\r\n\r\n", 0.01)


@asynccontextmanager
async def a_receiver_that(answer: Answer) -> AsyncIterator[int]:
    """A port behind which this happens once a request came."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        with suppress(ConnectionError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def sent_to(port: int, body: Callable[..., str] = body_of) -> Outcome:
    """The outcome of one attempt, which has ten times the time that it may take."""
    box = SigningSecrets([b"k" * 32])
    environment = ChannelEnvironment(
        NotificationsSettings(webhook_allow="127.0.0.0/8"), box, SettableClock(datetime(2025, 10, 26, tzinfo=UTC))
    )
    address = f"http://127.0.0.1:{port}/hook"
    message = an_outgoing_message(channel="webhook", address=address, secret=box.seal(new_secret(), "ops"))
    async with asyncio.timeout(10 * _SECONDS), open_webhooks(environment, Format("text/plain", body)) as send:
        return await send(message)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", _SECONDS)


@pytest.mark.parametrize("answer", [_drips_a_body, _drips_chunks, _sends_a_body_without_end])
async def test_the_status_counts_and_a_body_without_end_is_not_read(answer: Answer) -> None:
    async with a_receiver_that(answer) as port:
        assert isinstance(await sent_to(port), Sent)


@pytest.mark.parametrize(
    "answer", [_drips_headers, _sends_headers_without_end, _sends_a_header_without_end, _says_to_go_on_for_ever]
)
async def test_headers_without_end_are_given_up_and_the_message_is_tried_again(answer: Answer) -> None:
    async with a_receiver_that(answer) as port:
        assert isinstance(await sent_to(port), Retry)


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "javascript:alert(1)", "//evil.example/", "", "\x00"],
)
async def test_a_redirect_to_anything_is_refused(location: str) -> None:
    async def redirect(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    async with a_receiver_that(redirect) as port:
        assert isinstance(await sent_to(port), Retry if location == "\x00" else Refused)


async def test_a_connection_that_nothing_is_read_from_is_ended_though_its_receiver_keeps_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome = await sent_to(server.getsockname()[1], lambda _: "x" * _BODY)
        await eventually(partial(connections_to, server.getsockname()[1]), [])
    assert isinstance(outcome, Retry)
