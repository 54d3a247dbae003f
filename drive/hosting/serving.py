"""HTTP servers inside an event loop that the caller owns."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from drive.hosting.acceptor import Acceptor
from drive.hosting.connection_limits import Connections
from drive.hosting.http_connection import HttpConnection
from drive.hosting.process_memory import give_memory_back, most_connections
from services.settings import ServiceSettings

log = structlog.get_logger(__name__)

GRACE_SECONDS = 20
"""How long requests in progress may take once the process was asked to stop."""
BACKLOG = 2048
KEEP_ALIVE_SECONDS = 65
"""Longer than the 60 s for which proxies mostly keep theirs, so that none sends into one that is being closed."""
SWEEP_SECONDS = 1.0
_WORTH_GIVING_BACK = 32 * 1024 * 1024
"""Bytes that came in after which it is looked what of them is still held."""


class _Server(uvicorn.Server):
    """Several of these share one process, so signals belong to the process and not to any of them."""

    def __init__(self, config: uvicorn.Config, limits: Connections) -> None:
        super().__init__(config)
        self._limits = limits

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's for sockets that are open, but for who accepts connections."""

        def connection() -> asyncio.Protocol:
            return HttpConnection(
                self._limits, config=self.config, server_state=self.server_state, app_state={}, _loop=None
            )

        self._acceptors = [Acceptor(each, connection) for each in sockets or ()]
        self.servers = []
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, of whoever was let in last, too."""
        for acceptor in self._acceptors:
            acceptor.close()
            await acceptor.wait_closed()
        await super().shutdown(sockets)


@asynccontextmanager
async def serving(app: FastAPI, settings: ServiceSettings, port: str, *, servers: int = 1) -> AsyncIterator[None]:
    """Serve the app on the setting `port` while the block runs; on leaving, finish the requests under way.

    `servers`: how many there are in this process, which share the files that it may open. Needs `prepare_process`.

    Raises OSError, naming the variable to change, where the port is taken.
    """
    listener = _listen(settings, port)
    connections = Connections(most_connections(settings.http_connections, servers), app.state.runtime.metrics)
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config, connections)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    watch = asyncio.create_task(_watch(connections))
    try:
        yield
    finally:
        app.state.stopping.set()  # for answers that would never end
        server.should_exit = True
        await task
        watch.cancel()


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


async def _watch(connections: Connections) -> None:
    """Let no client keep a connection or memory for longer than it may."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            _look_after(connections, loop.time())
        except Exception:
            log.exception("connections_not_watched")


def _look_after(connections: Connections, now: float) -> None:
    connections.sweep(now)
    if connections.received_bytes > _WORTH_GIVING_BACK:
        connections.received_bytes = 0
        give_memory_back()


def refuse_taken_port(settings: ServiceSettings, field: str) -> None:
    """Raises OSError, naming the variable to change, where the port is taken: before anything else is touched."""
    _listen(settings, field).close()
