"""The process that speaks to a chat service ends whatever becomes of who asked it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from notifications.channels.chat.address import CHILD
from notifications.channels.child import ask
from tests.support.waiting import eventually, running, soon


@asynccontextmanager
async def a_silent_service() -> AsyncIterator[tuple[dict[str, Any], asyncio.Event]]:
    """A message to a service that never answers, and whether it was called."""
    was_called, ended = asyncio.Event(), asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        was_called.set()
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"json://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    message = {"title": "title", "text": "text", "type": "info"}
    try:
        yield {"do": "send", "url": url, "allowed": ["127.0.0.0/8"], **message}, was_called
    finally:
        ended.set()
        server.close()


def _children_of_this_process() -> list[str]:
    """The states of those that speak to a chat service, such as S, or Z of one that nobody has waited for."""
    ids = [each for file in Path("/proc/self/task").glob("*/children") for each in file.read_text().split()]
    stats = [Path(f"/proc/{each}/stat").read_text() for each in ids if Path(f"/proc/{each}").exists()]
    return [stat.rpartition(") ")[2][0] for stat in stats if "postgres" not in stat]


async def _children() -> list[str]:
    return await asyncio.to_thread(_children_of_this_process)


async def test_who_is_cancelled_while_asking_leaves_no_process_behind() -> None:
    before = await _children()
    async with a_silent_service() as (question, was_called):
        async with running(ask(CHILD, question, 60)):
            await soon(was_called.wait())
            assert len(await _children()) == len(before) + 1
        await eventually(_children, before)


async def test_a_process_whose_asker_was_killed_ends_by_itself() -> None:
    async with a_silent_service() as (question, was_called):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-m", CHILD, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin
        process.stdin.write(json.dumps(question | {"seconds": 1}).encode())
        process.stdin.close()
        await soon(was_called.wait())
        assert await soon(process.wait()) == -signal.SIGALRM
