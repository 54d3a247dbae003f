"""`python -m bench.counter URL A_SECOND`: a process that counts sign-ups in batches and folds them, as a worker does.

For each line that it is sent it tells, as JSON, what its batches took since the line before."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy.engine import URL, make_url

from bench.growth_work import TODAY, sign_up
from drive.hosting.process_memory import prepare_process
from services.clock import SystemClock
from services.context import context_of
from services.holidays import calendar_of
from services.persistence.database import Database
from services.waiting import pause
from targets_api.counting.usecases import count
from targets_api.ledger.rollups import FOLD_SECONDS, roll_up
from targets_api.tables import SCHEMA

BATCHES: Final = range(1, 21)
"""Sign-ups of a batch."""
WARM: Final = 50
"""Batches before the first that is told of: their statements are compiled and prepared."""


class Took(NamedTuple):
    """Milliseconds of batches, with their commits; and how many sign-ups were counted a second."""

    median: float
    longest: float
    a_second: float


@dataclass
class Counter:
    """Counts, and notes what it took."""

    database: Database
    a_second: int
    took: list[float] = field(default_factory=list)
    counted: int = 0
    since: float = field(default_factory=time.perf_counter)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Each batch in its turn, late ones without a pause."""
        due = time.perf_counter()
        while not self.stop.is_set():
            size = random.choice(BATCHES)
            await self.batch(size)
            due = max(due + size / self.a_second, time.perf_counter() - 1)
            await pause(max(due - time.perf_counter(), 0), self.stop)

    async def batch(self, size: int) -> None:
        """Count so many."""
        events = [sign_up(number) for number in range(size)]
        started = time.perf_counter()
        async with self.database.write() as work:
            await count(work, context_of(SystemClock(TODAY)), events)
        self.took.append((time.perf_counter() - started) * 1000)
        self.counted += size

    async def fold(self) -> None:
        """As a worker does."""
        while not self.stop.is_set():
            await roll_up(self.database)
            await pause(FOLD_SECONDS, self.stop)

    def told(self) -> Took:
        """Since it was asked last."""
        now = time.perf_counter()
        told = Took(statistics.median(self.took or [0]), max(self.took or [0]), self.counted / (now - self.since))
        self.took, self.counted, self.since = [], 0, now
        return told


class CounterProcess:
    """A counter in a process of its own."""

    def __init__(self, requests: asyncio.StreamWriter, answers: asyncio.StreamReader) -> None:
        self._requests = requests
        self._answers = answers

    async def told(self) -> Took:
        """What batches took since this was asked last."""
        self._requests.write(b"\n")
        return Took(*json.loads(await self._answers.readline()))


@asynccontextmanager
async def counting(url: URL, a_second: int) -> AsyncIterator[CounterProcess]:
    """A process that counts so many sign-ups a second while the block runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.counter", url.render_as_string(hide_password=False), str(a_second)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("its pipes are there when it was started with them")
    counter = CounterProcess(process.stdin, process.stdout)
    try:
        await counter.told()
        yield counter
    finally:
        process.stdin.close()
        await process.wait()


async def _main(url: URL, a_second: int) -> None:
    calendar_of([TODAY])  # before anything waits for it, as a worker does
    counter = Counter(Database(url, SCHEMA), a_second)
    for _ in range(WARM):
        await counter.batch(random.choice(BATCHES))
    await roll_up(counter.database)
    prepare_process()
    counting = [asyncio.create_task(counter.run()), asyncio.create_task(counter.fold())]
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(counter.told()), flush=True)
    counter.stop.set()
    await asyncio.gather(*counting)
    await counter.database.close()


if __name__ == "__main__":
    asyncio.run(_main(make_url(sys.argv[1]), int(sys.argv[2])))
