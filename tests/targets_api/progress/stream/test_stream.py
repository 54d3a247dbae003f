"""A stream tells what has changed below a unit, to whoever listens at any process, and slows nobody."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import event as listening

from drive.hosting.serving import serving
from targets_api.main import create_app
from targets_api.progress.stream import events, feed
from tests.conftest import TokenFor
from tests.support.waiting import eventually, soon
from tests.targets_api.builders import HEALTH, TargetsService, a_unit, sign_ups


@dataclass
class Event:
    """As a client has it: the fields of an event, or a comment."""

    event: str = ""
    data: str = ""
    id: str = ""
    comment: str = ""

    @property
    def unit(self) -> str:
        """Whose progress it tells."""
        code: str = json.loads(self.data)["unit"]["code"]
        return code


class Listener:
    """A client of a stream, which reads on when it is asked to."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()
        self.last_id = ""

    async def next(self) -> Event:
        """The next event or comment."""
        event = Event()
        async with asyncio.timeout(20):
            async for line in self._lines:
                if not line and event != Event():
                    self.last_id = event.id or self.last_id
                    return event
                name, _, value = line.partition(": ")
                if name in ("event", "data", "id"):
                    setattr(event, name, value)
                elif not name and value:
                    event.comment = value
        raise EOFError

    async def until_end(self) -> None:
        """Until the server ends the stream."""
        with suppress(EOFError):
            while True:
                await self.next()

    async def until_id(self) -> list[Event]:
        """The events up to the next id, without comments."""
        found: list[Event] = []
        while not (found and found[-1].id):
            event = await self.next()
            if not event.comment:
                found.append(event)
        return found

    async def units(self) -> dict[str, Any]:
        """The figures that are told up to the next id."""
        told = [event for event in await self.until_id() if event.event == "progress"]
        return {event.unit: json.loads(event.data) for event in told}


Listen = Callable[..., Awaitable[Listener]]
Serve = Callable[[], Awaitable["Served"]]


@dataclass
class Served:
    """An app behind its server; `stop` ends the process, as it were."""

    app: FastAPI
    port: int
    stop: Callable[[], Awaitable[None]]


@pytest_asyncio.fixture
async def serve(service: TargetsService) -> AsyncIterator[Serve]:
    """Serves another app on the same database."""
    async with AsyncExitStack() as stack:

        async def make() -> Served:
            app, ends = create_app(service.runtime), AsyncExitStack()
            with socket.create_server(("127.0.0.1", 0)) as free:
                port: int = free.getsockname()[1]
            settings = service.runtime.settings.model_copy(update={"api_port": port})
            await ends.enter_async_context(serving(app, settings, "api_port"))
            stack.push_async_callback(ends.aclose)
            return Served(app, port, ends.aclose)

        yield make


@pytest_asyncio.fixture
async def listen(service: TargetsService, token_for: TokenFor) -> AsyncIterator[Listen]:
    """Opens streams."""
    token = token_for(service.runtime, scope="progress:read")
    async with AsyncExitStack() as stack:

        async def open_at(served: Served, under: str = "38", last_id: str = "", **given: str) -> Listener:
            headers = {"Authorization": f"Bearer {given.pop('token', token)}"}
            if last_id:
                headers["Last-Event-ID"] = last_id
            http = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
            url = f"http://127.0.0.1:{served.port}/v1/progress/stream"
            params = {"under": under, "scheme": HEALTH, **given}
            return Listener(await stack.enter_async_context(http.stream("GET", url, params=params, headers=headers)))

        yield open_at


async def test_a_stream_tells_the_figures_of_what_has_changed(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    listener = await listen(await serve(), under="cs-ct")
    assert listener.answer.headers["content-type"].startswith("text/event-stream")
    [first] = await listener.until_id()
    assert first.event == "reload"
    await service.handle(
        [*sign_ups(2, unit_code="15142-01"), *sign_ups(1, unit_code="15127", scheme="voluntary_social")]
    )
    units = await listener.units()
    assert units.keys() == {"CS-CT", "15142", "15142-01"}
    assert units["15142"] == await service.progress("units/15142")
    assert units["15142"]["new"] == 2


async def test_what_is_not_below_the_unit_is_not_told(service: TargetsService, serve: Serve, listen: Listen) -> None:
    served = await serve()
    inside, outside = await listen(served, "15142"), await listen(served, "15127")
    for listener in (inside, outside):
        await listener.until_id()
    await service.handle(sign_ups(1, unit_code="15142"))
    assert (await inside.units()).keys() == {"15142"}
    await service.handle(sign_ups(1, unit_code="15127"))
    assert (await outside.units()).keys() == {"15127"}


async def test_a_client_goes_on_at_another_process_without_loss(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    first = await serve()
    listener = await listen(first, "CS-CT")
    await listener.until_id()
    await service.handle(sign_ups(1, unit_code="15142"))
    assert (await listener.units()).keys() == {"CS-CT", "15142"}
    await first.stop()
    await listener.until_end()
    await service.handle(sign_ups(3, unit_code="15127"))
    again = await listen(await serve(), "CS-CT", last_id=listener.last_id)
    units = await again.units()
    assert {code: units[code]["new"] for code in units} == {"CS-CT": 4, "15127": 3}


async def test_a_change_that_was_not_committed_yet_when_the_client_left_is_told_when_it_returns(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    served = await serve()
    async with service.runtime.database.write() as work:
        await service.consumer.handle(work, sign_ups(1, unit_code="15142", collector_code="CT-08"))
        await service.handle(sign_ups(1, unit_code="15127"))
        listener = await listen(served, "38")
        await listener.until_id()
        last_id = listener.last_id
        await listener.answer.aclose()
    again = await listen(served, "38", last_id=last_id)
    assert (await again.units()).keys() == {"38", "CS-CT", "15142"}


@pytest.mark.parametrize("last_id", ["7", "1.1.0.1.5:5:"])
async def test_an_id_that_nothing_is_known_of_begins_anew(serve: Serve, listen: Listen, last_id: str) -> None:
    listener = await listen(await serve(), last_id=last_id)
    assert [event.event for event in await listener.until_id()] == ["reload"]


async def test_a_change_of_the_registry_and_another_day_tell_to_read_anew(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    listener = await listen(await serve())
    await listener.until_id()
    await service.handle([a_unit("15127", "38", version=2)])
    assert [event.event for event in await listener.until_id()] == ["reload"]
    service.runtime.clock.pin(service.runtime.clock.today() + timedelta(days=1))
    assert [event.event for event in await listener.until_id()] == ["reload"]


async def test_changes_that_follow_fast_are_told_once_with_the_figures_of_then(
    service: TargetsService, serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = await serve()
    listener = await listen(served, "15142")
    await listener.until_id()
    looking = asyncio.Lock()
    monkeypatch.setattr(served.app.state.feed, "_looking", looking)
    async with looking:
        for _ in range(9):
            await service.handle(sign_ups(1, unit_code="15142"))
    units = await listener.units()
    assert units["15142"]["new"] == 9
    await service.handle(sign_ups(1, unit_code="15142"))
    assert (await listener.units())["15142"]["new"] == 10


async def test_a_client_that_does_not_read_slows_nobody_and_gets_the_newest_figures(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    served = await serve()
    slow, quick = await listen(served, "38"), await listen(served, "15142")
    await quick.until_id()
    for n in range(1, 4):
        await service.handle(sign_ups(1, unit_code="15142"))
        assert (await quick.units())["15142"]["new"] == n
    found: dict[str, Any] = {}
    while found.get("15142", {}).get("new") != 3:
        found |= await slow.units()
    assert found["38"]["new"] == 3


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
    registry = service.runtime.metrics.registry

    async def are_open() -> float | None:
        return registry.get_sample_value("drive_streams")

    assert await are_open() == 2
    await listeners[0].answer.aclose()
    await eventually(are_open, 1)
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


async def test_nothing_is_asked_of_the_database_for_each_client_while_nothing_changes(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    served = await serve()
    listeners = [await listen(served) for _ in range(5)]
    for listener in listeners:
        await listener.until_id()
    looks = 0
    look = served.app.state.feed._look
    done = asyncio.Event()

    async def counted() -> None:
        nonlocal looks
        looks += 1
        await look()
        if looks == 2:
            done.set()

    served.app.state.feed._look = counted
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = service.runtime.database.engine.sync_engine
    listening.listen(engine, "after_cursor_execute", note)
    await soon(done.wait())
    listening.remove(engine, "after_cursor_execute", note)
    assert len(statements) <= 2


@pytest.mark.parametrize(
    ("params", "status"), [({"under": "nowhere"}, 404), ({"scheme": "x"}, 422), ({"on": "x"}, 422)]
)
async def test_a_stream_of_what_is_not_there_is_refused(
    service: TargetsService, params: dict[str, str], status: int
) -> None:
    asked = {"under": "38", "scheme": HEALTH, **params}
    assert (await service.http.get("/v1/progress/stream", params=asked)).status_code == status


async def test_head_opens_no_stream(service: TargetsService) -> None:
    answer = await soon(service.http.head("/v1/progress/stream", params={"under": "38", "scheme": HEALTH}))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
