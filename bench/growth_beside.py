"""What counting and other work cost each other: how long a batch of sign-ups takes while the registry and targets
change, and how long a read takes while sign-ups come in."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from rich.table import Table

from bench.counter import counting
from bench.growth_work import Side, key
from targets_api.progress.reader import UNIT

CHANGES: Final[Mapping[str, Callable[[Side], Awaitable[None]]]] = {
    "nothing": lambda _: asyncio.sleep(0.03),
    "a target of a province": Side.set_target,
    "a commune moves": Side.move,
    "a unit of 232 nodes moves": Side.move_far,
}
TIMES: Final = 15
PAUSE: Final = 0.05
"""Seconds between two changes, in which a batch or more is counted."""
WHILE_CHANGED: Final = 1_000
A_SECOND: Final = 500
READS: Final = 60
LONGEST: Final = 50.0
P50: Final = 10.0
"""Milliseconds to reach for."""


async def beside_counting(sides: Mapping[str, Side]) -> Table:
    """The longest batch of 1 to 20 sign-ups of a process that counts 1,000 a second, while this one makes changes."""
    table = Table(title="Longest batch while another process changes", title_justify="left", title_style="bold")
    table.add_column("what")
    for heading in ("history", "a batch", "longest", "the change"):
        table.add_column(heading, justify="right")
    for sign_ups, side in sides.items():
        async with counting(side.database.url, WHILE_CHANGED) as counter:
            for name, change in CHANGES.items():
                await change(side)  # its statements are compiled and prepared
                await counter.told()
                took = await _repeated(side, change)
                told = await counter.told()
                figures = (f"{told.median:.1f} ms", _judged(told.longest, LONGEST), f"{took:.1f} ms")
                table.add_row(name, sign_ups, *figures)
    return table


async def _repeated(side: Side, change: Callable[[Side], Awaitable[None]]) -> float:
    took = []
    for _ in range(TIMES):
        started = time.perf_counter()
        await change(side)
        took.append(time.perf_counter() - started)
        await asyncio.sleep(PAUSE)
    return statistics.median(took) * 1000


async def while_counting(sides: Mapping[str, Side]) -> Table:
    """A province is read again and again, each time after sign-ups in it were counted by another process."""
    table = Table(
        title=f"A province while {A_SECOND} sign-ups a second are counted", title_justify="left", title_style="bold"
    )
    for heading in ("history", "counted /s", "p50", "p95"):
        table.add_column(heading, justify="right")
    for name, side in sides.items():
        async with counting(side.database.url, A_SECOND) as counter:
            await _reads(side, 5)
            await counter.told()
            took = await _reads(side, READS)
            told = await counter.told()
        p50, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1]
        table.add_row(name, f"{told.a_second:.0f}", _judged(p50, P50), f"{p95:.1f} ms")
    return table


async def _reads(side: Side, times: int) -> Sequence[float]:
    """Milliseconds of each, between which some batches are counted."""
    took = []
    for _ in range(times):
        await asyncio.sleep(PAUSE)
        started = time.perf_counter()
        await side.answers.of(UNIT, key("38"))
        took.append((time.perf_counter() - started) * 1000)
    return took


def _judged(took: float, reach: float) -> str:
    return f"[{'green' if took <= reach else 'yellow'}]{took:.1f} ms[/]"
