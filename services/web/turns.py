"""Large bodies take turns: while one is read, which nothing can interrupt, the process answers nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

LARGE_BYTES: Final = 1 << 16
"""A body that is longer waits for its turn."""
_LONGEST_PAUSE: Final = 0.25


class Turns:
    """One large body is read at a time. Then none is for as long as that took, but at most 0.25 s."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._next = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for it; it ends with the block."""
        clock = asyncio.get_running_loop().time
        async with self._lock:
            await asyncio.sleep(max(0.0, self._next - clock()))
            began = clock()
            try:
                yield
            finally:
                ended = clock()
                self._next = ended + min(ended - began, _LONGEST_PAUSE)
