"""Waiting for what another task brings about, with a deadline instead of a guess."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")

DEADLINE_SECONDS = 20.0


async def soon(awaitable: Awaitable[T]) -> T:
    """The result of an awaitable, with a deadline: so that a test fails instead of waiting for ever."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        return await awaitable


async def eventually(found: Callable[[], Awaitable[object]], expected: object) -> None:
    """Return once `found` says what is expected; fail with what it said last."""
    last: object = None
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while (last := await found()) != expected:  # noqa: ASYNC110 - it asks a server, which sets no event
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"expected {expected!r}, and in the end there was {last!r}") from None


@asynccontextmanager
async def running(work: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """A task for the time of the block; cancelled and gathered in when it is left."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def unless_failed(awaitable: Coroutine[Any, Any, T], *tasks: asyncio.Task[Any]) -> T:
    """The result of an awaitable; the error of one of the tasks instead, as soon as that task fails."""
    async with running(awaitable) as awaited:
        pending: set[asyncio.Task[Any]] = {awaited, *tasks}
        while not awaited.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        return awaited.result()
