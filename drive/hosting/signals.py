"""The signals that ask a process to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

STOPPING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(Exception):
    """The process was asked to stop by this signal, before it waited for that."""

    def __init__(self, by: signal.Signals) -> None:
        super().__init__(by)
        self.by = by


async def cancelled_by_signals(main: Coroutine[Any, Any, T]) -> T:
    """Until it waits to be asked to stop, signals cancel it, so that what it has started does not outlive it.

    Raises Stopped where one did.
    """
    task = asyncio.current_task()
    assert task  # noqa: S101 - a coroutine runs in a task
    asked: list[signal.Signals] = []

    def cancel(which: signal.Signals) -> None:
        asked.append(which)
        task.cancel()

    for which in STOPPING:
        asyncio.get_running_loop().add_signal_handler(which, cancel, which)
    try:
        return await main
    except asyncio.CancelledError:
        if not asked:
            raise
        raise Stopped(asked[0]) from None


async def until_asked_to_stop() -> None:
    """Return at SIGTERM, SIGINT or SIGHUP, which a terminal sends when it is closed."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in STOPPING:
        loop.add_signal_handler(which, asked.set)
    await asked.wait()
