"""How the bytes of a connection flow: large bodies one after the other, answers up to their end."""

from __future__ import annotations

import asyncio
from typing import Protocol

from uvicorn.protocols.http.flow_control import FlowControl

from drive.hosting.connection_limits import Connections


class Ending(Protocol):
    """A connection that knows how to end."""

    transport: asyncio.Transport

    def end(self) -> None:
        """Close once the answer is sent."""


class PacedFlow(FlowControl):
    """Reading that was paused goes on when it is its turn: each read may bring 256 KiB, and others wait meanwhile."""

    def __init__(self, transport: asyncio.Transport, limits: Connections) -> None:
        super().__init__(transport)
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._is_queued = False

    def resume_reading(self) -> None:
        """At once where nothing was paused, as for all small bodies."""
        if self.read_paused and not self._is_queued:
            self._is_queued = True
            self._loop.call_at(self._limits.turn(self._loop.time()), self._resume)

    def _resume(self) -> None:
        self._is_queued = False
        if not self._transport.is_closing():
            super().resume_reading()


class AnswerTransport:
    """The transport as answers see it: to close it does not lose an answer on a client that still sends."""

    def __init__(self, connection: Ending) -> None:
        self.connection: Ending | None = connection
        self._transport = connection.transport
        self.is_closing = self._transport.is_closing

    def write(self, data: bytes) -> None:
        """Nothing where the client is gone."""
        if not self.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """At the end of the answer."""
        if self.connection:
            self.connection.end()
