"""Pauses that end early when there is a reason to."""

from __future__ import annotations

import asyncio

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0


async def pause(seconds: float, until: asyncio.Event) -> None:
    """Wait for so long, or until the event is set."""
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return


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
