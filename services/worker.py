"""A worker: named loops that are kept running through whatever fails, and told to finish when the process ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from sqlalchemy import text

from services.kernel import Unavailable
from services.messaging.broker import Broker
from services.messaging.consumer import Consumer
from services.messaging.parking import count_dead
from services.messaging.relay import Relay
from services.runtime import Runtime

log = structlog.get_logger(__name__)

Action: TypeAlias = Callable[[], Awaitable[None]]

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
GAUGE_SECONDS = 15.0


@dataclass
class _Loop:
    name: str
    run: Action
    stop: Callable[[], None] | None
    failure: str | None = None
    """Why it last fell over, until it has run again for as long as the longest pause."""


class Worker:
    """Made of a relay from the start; a service adds its own loops."""

    def __init__(self, runtime: Runtime, broker: Broker) -> None:
        self._runtime = runtime
        self._loops: list[_Loop] = []
        self._stopping = asyncio.Event()
        runtime.checks.update(broker=broker.check, loops=self.check_loops)
        relay = Relay(runtime.database, broker, runtime.metrics)
        self.add("relay", relay.run, relay.stop)
        self.every(GAUGE_SECONDS, "gauges", self._measure)

    def add(self, name: str, run: Action, stop: Callable[[], None] | None = None) -> None:
        """A loop that runs until `stop` is called; one without `stop` is cancelled instead."""
        self._loops.append(_Loop(name, run, stop))

    def every(self, seconds: float, name: str, action: Action) -> None:
        """A loop that does `action`, waits, and does it again; what is under way is finished before the worker ends."""

        async def run() -> None:
            while not self._stopping.is_set():
                await action()
                await self._pause(seconds)

        self.add(name, run, lambda: None)

    def consume(self, consumer: Consumer) -> None:
        """The two loops of a consumer: what arrives, and what was parked."""
        self.add("consumer", consumer.run, consumer.stop)
        self.add("parked", consumer.retry_parked)

    async def run(self) -> None:
        """Run all loops until `stop`; then let each finish what it has in hand."""
        await asyncio.gather(*(self._keep_running(loop) for loop in self._loops))

    def stop(self) -> None:
        """Ask every loop to finish."""
        self._stopping.set()
        for loop in self._loops:
            if loop.stop:
                loop.stop()

    async def _keep_running(self, loop: _Loop) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            await self._run_once(loop)
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            await self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _run_once(self, loop: _Loop) -> None:
        task = asyncio.ensure_future(loop.run())
        stopping = asyncio.ensure_future(self._stopping.wait())
        recovery = asyncio.get_running_loop().call_later(LONGEST_PAUSE_SECONDS, _forgive, loop)
        try:
            await asyncio.wait({task} if loop.stop else {task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                _note_outcome(loop, task)
        finally:
            recovery.cancel()
            stopping.cancel()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def check_loops(self) -> None:
        """Raises Unavailable where a loop has fallen over and not yet recovered."""
        if failing := {loop.name: loop.failure for loop in self._loops if loop.failure}:
            raise Unavailable("; ".join(f"{name}: {failure}" for name, failure in failing.items()))

    async def _measure(self) -> None:
        async with self._runtime.database.read() as session:
            rows = (await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one()
            self._runtime.metrics.outbox_rows.set(rows)
            self._runtime.metrics.dead_events.set(await count_dead(session))


def _forgive(loop: _Loop) -> None:
    loop.failure = None


def _note_outcome(loop: _Loop, task: asyncio.Future[None]) -> None:
    # A library may cancel what waits for it: nobody told this loop to end, so it has fallen over like any other.
    error = asyncio.CancelledError("cancelled from within") if task.cancelled() else task.exception()
    if error is None:
        return
    loop.failure = str(error) or repr(error)
    if isinstance(error, Unavailable):
        log.warning("loop_waits", loop=loop.name, reason=error.detail)
    else:
        log.error("loop_failed", loop=loop.name, exc_info=error)
