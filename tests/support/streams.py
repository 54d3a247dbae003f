"""Streams of server-sent events over real HTTP: an app behind its server, and clients that read when they are asked."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
import pytest
from fastapi import FastAPI

from drive.hosting import serving as hosting
from drive.hosting.serving import serving
from services.runtime import Runtime
from tests.support.waiting import DEADLINE_SECONDS

_SMALL: int = 4096
_LARGE: int = 1024 * 1024


@dataclass
class Event:
    """As a client has it: the fields of an event, or a comment."""

    event: str = ""
    data: str = ""
    id: str = ""
    comment: str = ""

    @property
    def json(self) -> dict[str, Any]:
        """Its data."""
        told: dict[str, Any] = json.loads(self.data)
        return told


class Listener:
    """A client of a stream, which reads on when it is asked to."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()
        self.last_id = ""

    async def next(self) -> Event:
        """The next event or comment."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self._next()

    async def _next(self) -> Event:
        event = Event()
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
        async with asyncio.timeout(DEADLINE_SECONDS):
            with suppress(EOFError):
                while True:
                    await self._next()

    async def until_id(self) -> list[Event]:
        """The events up to the next id, without comments."""
        found: list[Event] = []
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not (found and found[-1].id):
                event = await self._next()
                if not event.comment:
                    found.append(event)
        return found

    async def kinds(self) -> list[str]:
        """What the events up to the next id are called."""
        return [event.event for event in await self.until_id() if event.event]


@dataclass
class Served:
    """An app behind its server; `stop` ends the process, as it were."""

    app: FastAPI
    port: int
    stop: Callable[[], Awaitable[None]]


Serve: TypeAlias = Callable[[], Awaitable[Served]]
Listen: TypeAlias = Callable[..., Awaitable[Listener]]


@asynccontextmanager
async def servers(create_app: Callable[[Any], FastAPI], runtime: Runtime[Any]) -> AsyncIterator[Serve]:
    """Serves another app on the same database each time, until the block is left."""
    async with AsyncExitStack() as stack:

        async def serve() -> Served:
            app, ends = create_app(runtime), AsyncExitStack()
            with socket.create_server(("127.0.0.1", 0)) as free:
                port: int = free.getsockname()[1]
            settings = runtime.settings.model_copy(update={"api_port": port})
            await ends.enter_async_context(serving(app, settings, "api_port"))
            stack.push_async_callback(ends.aclose)
            return Served(app, port, ends.aclose)

        yield serve


@asynccontextmanager
async def listeners(path: str, token: str, given: Mapping[str, str]) -> AsyncIterator[Listen]:
    """Opens streams, until the block is left: `await listen(served, last_id=…, token=…, status="open")`."""
    async with AsyncExitStack() as stack:

        async def listen(served: Served, *, last_id: str = "", token: str = token, **query: str) -> Listener:
            headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last_id} if last_id else {})
            http = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
            url = f"http://127.0.0.1:{served.port}{path}"
            asked = http.stream("GET", url, params={**given, **query}, headers=headers)
            return Listener(await stack.enter_async_context(asked))

        yield listen


def streams_of(runtime: Runtime[Any]) -> Callable[[], Awaitable[float | None]]:
    """How many are open."""

    async def look() -> float | None:
        return runtime.metrics.registry.get_sample_value("drive_streams")

    return look


class Unread:
    """A client that has asked, and does not read; what it has asked for arrives in small buffers."""

    def __init__(self, port: int, target: str, token: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
        self._socket.connect(("127.0.0.1", port))
        self._socket.setblocking(False)
        self._socket.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())

    async def read_until(self, part: str) -> str:
        """Read on until this has come; all that has come. Raises EOFError at the end."""
        seen = ""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LARGE)  # small windows take long
        async with asyncio.timeout(DEADLINE_SECONDS):
            while part not in seen:
                if not (more := await asyncio.get_running_loop().sock_recv(self._socket, 65536)):
                    raise EOFError
                seen += more.decode(errors="replace")
        return seen

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def with_small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that are started from now on have the system hold little of what is not read yet."""
    listen = hosting._listen

    def small(*given: Any) -> socket.socket:
        listener = listen(*given)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL)  # accepted connections inherit it
        return listener

    monkeypatch.setattr(hosting, "_listen", small)
