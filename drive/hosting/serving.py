"""HTTP servers inside an event loop that the caller owns, and the wait for the signal to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI

from services.settings import ServiceSettings

T = TypeVar("T")

GRACE_SECONDS = 20
"""How long requests in progress may take once the process was asked to stop."""
BACKLOG = 2048


class _Server(uvicorn.Server):
    """Several of these share one process, so signals belong to the process and not to any of them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: FastAPI, settings: ServiceSettings, port: str) -> AsyncIterator[None]:
    """Serve the app on the setting `port` while the block runs; on leaving, finish the requests under way.

    Raises OSError, naming the variable to change, where the port is taken.
    """
    listener = _listen(settings, port)
    _spare_the_garbage_collector()
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def _listen(settings: ServiceSettings, field: str) -> socket.socket:
    host, port = settings.host, getattr(settings, field)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise OSError(
            f"cannot listen on {host}:{port}: {reason}; set {settings.variable(field)} to another port"
        ) from error


def _spare_the_garbage_collector() -> None:
    """What was loaded stays: leave it out of every later collection, and collect less often.

    A request leaves few cycles behind; the default threshold of 700 objects walks the young ones within every request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def refuse_taken_port(settings: ServiceSettings, field: str) -> None:
    """Raises OSError, naming the variable to change, where the port is taken: before anything else is touched."""
    _listen(settings, field).close()


async def cancelled_by_sigterm(main: Coroutine[Any, Any, T]) -> T:
    """Until it waits to be asked to stop, SIGTERM cancels it, so that what it has started does not outlive it."""
    task = asyncio.current_task()
    assert task  # noqa: S101 - a coroutine runs in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await main


async def until_asked_to_stop() -> None:
    """Return at SIGTERM or SIGINT."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(which, asked.set)
    await asked.wait()
