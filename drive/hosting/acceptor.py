"""New connections, several in each pass of the event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import structlog

log = structlog.get_logger(__name__)

ACCEPTED_IN_A_PASS: Final = 256
_PAUSE_SECONDS: Final = 1.0


class Acceptor:
    """uvloop accepts one connection in a pass, so that whoever opens hundreds keeps others out for as long as the
    requests of each of them take. Whoever comes after them is let in together with them."""

    def __init__(self, listener: socket.socket, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._make_protocol = make_protocol
        self._loop = asyncio.get_running_loop()
        self._entering: set[asyncio.Task[object]] = set()
        self._pause: asyncio.TimerHandle | None = None
        listener.setblocking(False)
        self._begin()

    def close(self) -> None:
        """Let nobody in any more."""
        self._loop.remove_reader(self._listener)
        if self._pause:
            self._pause.cancel()

    async def wait_closed(self) -> None:
        """Return once whoever was let in last is a connection of the server's."""
        await asyncio.gather(*self._entering, return_exceptions=True)

    def _begin(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_IN_A_PASS):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:  # it was given up while it waited
                continue
            except OSError as error:
                self._wait(error)
                return
            self._enter(connection)

    def _enter(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        entering = self._loop.create_task(self._loop.connect_accepted_socket(self._make_protocol, connection))
        self._entering.add(entering)
        entering.add_done_callback(self._entered)

    def _entered(self, entering: asyncio.Task[object]) -> None:
        self._entering.discard(entering)
        if not entering.cancelled() and (error := entering.exception()):
            log.warning("connection_not_accepted", error=type(error).__name__)

    def _wait(self, error: OSError) -> None:
        """No file or memory is left for another one: those that are there may end meanwhile."""
        log.error("connections_not_accepted", reason=error.strerror)
        self._loop.remove_reader(self._listener)
        self._pause = self._loop.call_later(_PAUSE_SECONDS, self._begin)
