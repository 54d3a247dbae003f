"""A mail server that answers each command with the text that the test gives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

SILENCE, HANG_UP = "silence", "hang up"
_LONGEST_TEXT = 4 * 1024 * 1024
_GOOD = {
    "greeting": "220 ready",
    "EHLO": "250-here\r\n250 AUTH PLAIN",
    "AUTH": "235 welcome",
    "MAIL": "250 sender ok",
    "RCPT": "250 recipient ok",
    "DATA": "354 go on",
    "text": "250 taken",
    "QUIT": "221 bye",
    "RSET": "250 ok",
}


@dataclass
class ScriptedServer:
    """`answers` by command, over the good ones; also SILENCE and HANG_UP. `texts` are the mails whose text arrived,
    `commands` what came, in order."""

    answers: Mapping[str, str]
    texts: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def count(self) -> int:
        """How many sessions began."""
        return self.connections

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session."""
        self.connections += 1
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        going_on = await self._answer(writer, "greeting")
        while going_on and (line := await reader.readline()):
            command = line.split()[0].decode().upper().replace("HELO", "EHLO")
            self.commands.append(command)
            going_on = await self._answer(writer, command)
            if command == "DATA" and self._says(command).startswith("354"):
                self.texts.append(await reader.readuntil(b"\r\n.\r\n"))
                going_on = await self._answer(writer, "text")

    def _says(self, command: str) -> str:
        return self.answers.get(command, _GOOD.get(command, "500 what?"))

    async def _answer(self, writer: asyncio.StreamWriter, command: str) -> bool:
        """Whether the session goes on."""
        says = self._says(command)
        if says == HANG_UP:
            return False
        if says == SILENCE:
            await asyncio.Event().wait()
        writer.write(f"{says}\r\n".encode(errors="surrogateescape"))
        await writer.drain()
        return not says.startswith("221")


@asynccontextmanager
async def a_scripted_server(answers: Mapping[str, str]) -> AsyncIterator[ScriptedServer]:
    """On a real port."""
    scripted = ScriptedServer(answers)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        await scripted.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=_LONGEST_TEXT)
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
