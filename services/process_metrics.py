"""What a process says of itself: its version, its memory and processor time, and how late its event loop runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram, Info, PlatformCollector, ProcessCollector

from services.log_stream import STDERR
from services.version import VERSION

LOOK_SECONDS: Final = 0.5
"""How often it is looked how late the loop is."""
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def describe_process(registry: CollectorRegistry) -> Histogram:
    """Add what every process has to a registry; returns the lag of its event loop, which `watched_loop` fills."""
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    Info("drive_build", "The version that runs", registry=registry).info({"version": VERSION})
    lost = Gauge(
        "drive_log_lines_lost", "Log lines that could not be written since the process began", registry=registry
    )
    lost.set_function(lambda: STDERR.lost)
    return Histogram(
        "drive_event_loop_lag_seconds",
        "How much later than asked for the event loop did something",
        buckets=_BUCKETS,
        registry=registry,
    )


@contextmanager
def watched_loop(lag: Histogram) -> Iterator[None]:
    """Measure how late the running loop is while the block runs."""
    watch = _LoopWatch(lag)
    watch.look_again()
    try:
        yield
    finally:
        watch.handle.cancel()


class _LoopWatch:
    """Asks to be called again and again; by the process's clock, since a loop's own stands still between its rounds."""

    handle: asyncio.TimerHandle

    def __init__(self, lag: Histogram) -> None:
        self._lag = lag
        self._loop = asyncio.get_running_loop()

    def look_again(self) -> None:
        self._due = time.perf_counter() + LOOK_SECONDS
        self.handle = self._loop.call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._lag.observe(max(0.0, time.perf_counter() - self._due))
        self.look_again()
