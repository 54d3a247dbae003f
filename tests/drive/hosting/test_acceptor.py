"""Who connects together is let in together."""

from __future__ import annotations

import asyncio
import socket
from typing import ClassVar

import pytest
import uvloop

from drive.hosting.acceptor import Acceptor
from tests.support.waiting import eventually

MANY = 100


class Entered(asyncio.Protocol):
    """A connection, which notes in which pass of the event loop it was made."""

    in_pass: ClassVar[list[int]]
    passes: ClassVar[int]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.in_pass.append(self.passes)
        self.transport = transport


async def _passes_until_all_are_in(listener: socket.socket) -> list[int]:
    Entered.in_pass, Entered.passes = [], 0
    loop = asyncio.get_running_loop()
    clients = [socket.create_connection(listener.getsockname()) for _ in range(MANY)]
    acceptor = Acceptor(listener, Entered)
    try:
        while len(Entered.in_pass) < MANY:
            await asyncio.sleep(0)
            Entered.passes += 1
    finally:
        acceptor.close()
        for client in clients:
            client.close()
        assert not loop.remove_reader(listener)
    return Entered.in_pass


@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_hundreds_that_connect_at_once_are_let_in_within_a_few_passes(make_loop: object) -> None:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=MANY) as listener,
        asyncio.Runner(loop_factory=make_loop) as runner,  # type: ignore[arg-type]
    ):
        entered = runner.run(_passes_until_all_are_in(listener))
    assert max(entered) - min(entered) < 10


def test_a_server_without_files_for_more_waits_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drive.hosting.acceptor._PAUSE_SECONDS", 0.01)

    class Full(socket.socket):
        """Refuses the first, as where too many files are open."""

        refused = 0

        def accept(self) -> tuple[socket.socket, object]:
            if not self.refused:
                self.refused = 1
                raise OSError(24, "Too many open files")
            return super().accept()

    async def entered() -> int:
        return len(Entered.in_pass)

    async def first_in() -> int:
        Entered.in_pass, Entered.passes = [], 0
        client = socket.create_connection(listener.getsockname())
        acceptor = Acceptor(listener, Entered)
        await eventually(entered, 1)
        acceptor.close()
        client.close()
        return listener.refused

    with Full() as listener, asyncio.Runner() as runner:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert runner.run(first_in()) == 1
