"""Waiting: pauses, waits that end when a process is stopped, and polling. Nothing else in the project waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 5.0
_AT_ONCE: Final = 200


class Stopped(Exception):
    """The wait was cancelled, since the process is to stop."""


async def pause(seconds: float, until: asyncio.Event) -> None:
    """Wait for so long, or until the event is set."""
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return


async def each_in_turn(make: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """What `make` makes of each of the items; whatever else waits has a turn after some of them."""
    made: list[R] = []
    for place, item in enumerate(items, start=1):
        made.append(make(item))
        if place % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return made


class GrowingPause:
    """Each pause is twice as long as the one before, up to LONGEST_PAUSE_SECONDS."""

    def __init__(self) -> None:
        self._next = FIRST_PAUSE_SECONDS

    async def take(self, until: asyncio.Event) -> None:
        """Pause once, or until the event is set."""
        seconds, self._next = self._next, min(self._next * 2, LONGEST_PAUSE_SECONDS)
        await pause(seconds, until)

    def reset(self) -> None:
        """Begin with the shortest again."""
        self._next = FIRST_PAUSE_SECONDS


async def until_stopped(awaited: Awaitable[T], stop: asyncio.Event, *, grace: float = 0.0) -> T:
    """The result of what is awaited. Once `stop` is set it has `grace` seconds more; then it is cancelled, and Stopped
    is raised."""
    task = asyncio.ensure_future(awaited)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and grace:
            await asyncio.wait({task}, timeout=grace)
        if not task.done():
            raise Stopped
        return task.result()
    finally:
        stopping.cancel()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def poll(look: Callable[[], Awaitable[T]], is_so: Callable[[T], bool], *, every: float = 0.05) -> T:
    """Look again and again until it is so, and return what was seen: for what other processes do, which set no event
    here. `every` is in seconds; whoever must not wait for ever adds a timeout."""
    while not is_so(seen := await look()):  # noqa: ASYNC110 - nothing here could set an event
        await asyncio.sleep(every)
    return seen
