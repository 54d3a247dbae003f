"""Each thing that a webhook's receiver may do, and the outcome for the message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from notifications.channels.kind import ChannelEnvironment
from notifications.channels.signing_secrets import SigningSecrets
from notifications.channels.webhook import client as webhook
from notifications.channels.webhook.secret import new_secret
from notifications.channels.webhook.send import open_webhooks
from notifications.domain.delivery import Outcome, Refused, Retry, Sent
from notifications.settings import NotificationsSettings
from tests.notifications.outgoing_message import an_outgoing_message
from tests.support.clock import SettableClock

SILENCE, HANG_UP_AT_ONCE, HANG_UP_AFTER_READING = "silence", "hang up at once", "hang up after reading"
CASES: list[tuple[str, type[Outcome]]] = [
    ("HTTP/1.1 200 OK", Sent),
    ("HTTP/1.1 202 Accepted", Sent),
    ("HTTP/1.1 204 No Content", Sent),
    ("HTTP/1.1 301 Moved Permanently\r\nLocation: http://127.0.0.1:1/", Refused),
    ("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/", Refused),
    ("HTTP/1.1 400 Bad Request", Retry),
    ("HTTP/1.1 401 Unauthorized", Retry),
    ("HTTP/1.1 404 Not Found", Retry),
    ("HTTP/1.1 410 Gone", Refused),
    ("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60", Retry),
    ("HTTP/1.1 500 Internal Server Error", Retry),
    ("HTTP/1.1 503 Unavailable\r\nRetry-After: Wed, 29 Oct 2025 01:30:00 GMT", Retry),
    ("HTTP/1.1 503 Unavailable\r\nRetry-After: nonsense", Retry),
    ("HTTP/1.1 200 OK\r\nRetry-After: Mon, 01 Jan 2024 00:00:00 +99999999999999", Sent),
    ("HTTP/1.1 503 Unavailable\r\nRetry-After: Mon, 99999999999999999999 Jan 2024 00:00:00 GMT", Retry),
    ("good morning", Retry),
    ("HTTP/1.1 200", Sent),
    (SILENCE, Retry),
    (HANG_UP_AT_ONCE, Retry),
    (HANG_UP_AFTER_READING, Retry),
]


@asynccontextmanager
async def a_raw_receiver(does: str) -> AsyncIterator[int]:
    """A port behind which this happens."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if does != HANG_UP_AT_ONCE:
            await reader.readuntil(b"\r\n\r\n")
        if does == SILENCE:
            await ended.wait()
        if does not in (SILENCE, HANG_UP_AT_ONCE, HANG_UP_AFTER_READING):
            writer.write(f"{does}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        ended.set()
        server.close()


async def sent_to(address: str) -> Outcome:
    """The outcome of one attempt."""
    box, at = SigningSecrets([b"k" * 32]), datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    clock = SettableClock(at)
    message = an_outgoing_message(channel="webhook", address=address, secret=box.seal(new_secret(), "ops"))
    settings = NotificationsSettings(webhook_allow="127.0.0.0/8")
    async with open_webhooks(ChannelEnvironment(settings, box, clock)) as send:
        return await send(message)


@pytest.mark.parametrize(("does", "kind"), CASES, ids=[does.replace("\r\n", ", ") for does, _ in CASES])
async def test_what_a_receiver_does_has_this_outcome(
    monkeypatch: pytest.MonkeyPatch, does: str, kind: type[Outcome]
) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.3)
    async with a_raw_receiver(does) as port:
        outcome = await sent_to(f"http://127.0.0.1:{port}/hook")
    assert type(outcome) is kind, outcome
    waits = "Retry-After: 60" in does or "Retry-After: Wed" in does
    assert (isinstance(outcome, Retry) and outcome.after is not None) == waits


async def test_a_receiver_that_is_not_there_is_called_again() -> None:
    assert isinstance(await sent_to("http://127.0.0.1:9/hook"), Retry)


async def test_a_receiver_that_may_not_be_called_is_refused() -> None:
    assert isinstance(await sent_to("http://10.0.0.1/hook"), Refused)
