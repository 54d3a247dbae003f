"""How many listen, for how long, and what those cost that do not read."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from drive.hosting import connection_limits
from services.web.sse import events, feed
from tests.conftest import TokenFor
from tests.support.streams import Listen, Serve, Unread, streams_of, with_small_buffers
from tests.support.waiting import eventually, soon
from tests.targets_api.builders import HEALTH, TargetsService, sign_ups
from tests.targets_api.progress.stream.units import units_of

ROUNDS = 12
"""Of events that are, together, more than buffers hold."""


async def test_a_client_that_does_not_read_slows_nobody_and_is_sent_the_newest_figures_instead_of_all(
    service: TargetsService, serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch, token_for: TokenFor
) -> None:
    unread = await unread_while_much_happens(service, serve, listen, monkeypatch, token_for)
    seen = await unread.read_until(f'"new":{ROUNDS},')
    unread.close()
    assert seen.count('"code":"15142","name"') < ROUNDS


async def test_a_client_that_does_not_read_is_cut_off(
    service: TargetsService, serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch, token_for: TokenFor
) -> None:
    monkeypatch.setattr(connection_limits, "STALL_SECONDS", 1.0)
    unread = await unread_while_much_happens(service, serve, listen, monkeypatch, token_for)
    await eventually(streams_of(service.runtime), 1)
    unread.close()


async def unread_while_much_happens(
    service: TargetsService, serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch, token_for: TokenFor
) -> Unread:
    """A client whose buffers are full, beside one that was sent all of it."""
    for day in range(10, 25):
        await service.target(ends_on=f"2025-11-{day}", name="a long name " * 15)
    with_small_buffers(monkeypatch)
    monkeypatch.setattr(feed, "POLL_SECONDS", 0.02)
    served = await serve()
    token = token_for(service.runtime, scope="progress:read")
    unread = Unread(served.port, f"/v1/progress/stream?under=38&scheme={HEALTH}", token)
    quick = await listen(served)
    await quick.until_id()
    await eventually(streams_of(service.runtime), 2)
    for n in range(1, ROUNDS + 1):
        await service.handle(sign_ups(1, unit_code="15142"))
        assert (await units_of(quick))["15142"]["new"] == n
    return unread


async def test_a_stream_breathes_while_nothing_happens(
    serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.1)
    listener = await listen(await serve())
    await listener.until_id()
    assert (await listener.next()).comment == "ping"
    assert (await listener.next()).comment == "ping"


async def test_a_stream_ends_with_its_token(
    service: TargetsService, serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.1)
    runtime = service.runtime
    token = runtime.tokens.issue("CT", frozenset({"progress:read"}), runtime.clock.now(), timedelta(seconds=3))
    listener = await listen(await serve(), token=token)
    await listener.until_end()


async def test_a_process_opens_so_many_streams_and_counts_them(
    service: TargetsService, serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_STREAMS", 2)
    served = await serve()
    listeners = [await listen(served) for _ in range(3)]
    assert [listener.answer.status_code for listener in listeners] == [200, 200, 503]
    assert listeners[2].answer.headers["retry-after"] == "5"
    assert await streams_of(service.runtime)() == 2
    await listeners[0].answer.aclose()
    await eventually(streams_of(service.runtime), 1)
    assert (await listen(served)).answer.status_code == 200


async def test_a_client_that_is_gone_before_the_first_byte_leaves_no_stream_open(
    service: TargetsService, serve: Serve, token_for: TokenFor
) -> None:
    class Gone(Exception):
        pass

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(_: object) -> None:
        raise Gone

    token = token_for(service.runtime, scope="progress:read")
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/progress/stream",
        "http_version": "1.1",
        "scheme": "http",
        "query_string": f"under=38&scheme={HEALTH}".encode(),
        "headers": [(b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
        "root_path": "",
        "extensions": {},
    }
    app = (await serve()).app
    with suppress(Gone, ExceptionGroup):
        await soon(app(scope, never, send))
    assert service.runtime.metrics.registry.get_sample_value("drive_streams") == 0
