"""A worker: named loops that are kept running after failures, and stopped when the process ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

import structlog
from sqlalchemy import text

from services.errors import Unavailable
from services.messaging import dead_letters
from services.messaging.broker import Broker
from services.messaging.consumer import Consumer, Handlers
from services.messaging.relay import Relay
from services.messaging.retries import Retries
from services.outages import Outage
from services.persistence import lock_waits as locks
from services.runtime import AnyRuntime
from services.waiting import LONGEST_PAUSE_SECONDS, GrowingPause, pause

log = structlog.get_logger(__name__)

Action: TypeAlias = Callable[[], Awaitable[None]]

_OUTBOX = text(
    "SELECT count(*) AS n, CAST(coalesce(max(extract(epoch FROM now() - created_at)), 0) AS float) AS age FROM outbox"
)

GAUGE_SECONDS = 15.0
LOCK_WATCH_SECONDS = 2.0
RESTORE_SECONDS = 60.0
"""How often exchanges, queues and bindings are declared again, and dead messages are collected."""


@dataclass
class _Loop:
    name: str
    run: Action
    stop: Callable[[], None] | None
    failure: str | None = None
    """Why it failed last, until it has run again for as long as the longest pause."""
    outage: Outage = field(init=False)
    """Of what is not part of another outage."""

    def __post_init__(self) -> None:
        self.outage = Outage("loop", loop=self.name)


class Worker:
    """Has a relay loop from the start; a service adds its own loops."""

    def __init__(self, runtime: AnyRuntime, broker: Broker) -> None:
        self._runtime = runtime
        self._broker = broker
        self._loops: list[_Loop] = []
        self._outages: list[Outage] = []
        self._stopping = asyncio.Event()
        runtime.checks.update(broker=broker.check, loops=self.check_loops)
        runtime.metrics.watch(broker.outage)
        relay = Relay(runtime.database, broker, runtime.metrics)
        self.add("relay", relay.run, relay.stop)
        self.every(GAUGE_SECONDS, "gauges", self._measure)
        self.every(LOCK_WATCH_SECONDS, "locks", self._watch_locks)
        self.every(RESTORE_SECONDS, "topology", broker.restore)

    def add(self, name: str, run: Action, stop: Callable[[], None] | None = None) -> None:
        """A loop that runs until `stop` is called; one without `stop` is cancelled instead."""
        loop = _Loop(name, run, stop)
        self._loops.append(loop)
        self.close_at_end(loop.outage)

    def close_at_end(self, *outages: Outage) -> None:
        """Close them once all loops have ended."""
        self._outages += outages

    def every(self, seconds: float, name: str, action: Action) -> None:
        """A loop that does `action`, waits, and does it again; what is under way is finished before the worker ends."""

        async def run() -> None:
            while not self._stopping.is_set():
                await action()
                await pause(seconds, self._stopping)

        self.add(name, run, lambda: None)

    def consume(self, handlers: Handlers) -> None:
        """Add the loops of the service's consumer: new messages, retries, and the broker's dead messages."""
        runtime = self._runtime
        consumer = Consumer(
            runtime.service,
            handlers,
            database=runtime.database,
            broker=self._broker,
            clock=runtime.clock,
            metrics=runtime.metrics,
        )
        retries = Retries(consumer, database=runtime.database, broker=self._broker, clock=runtime.clock)
        runtime.checks["consumer"] = consumer.check
        self.close_at_end(consumer.outage)
        self.add("consumer", consumer.run, consumer.stop)
        self.add("retries", retries.run, retries.stop)
        self.every(RESTORE_SECONDS, "dead_messages", retries.collect)

    async def run(self) -> None:
        """Run all loops until `stop`; then let each finish its work in progress."""
        try:
            await asyncio.gather(*(self._keep_running(loop) for loop in self._loops))
        finally:
            for outage in self._outages:
                outage.close()

    def stop(self) -> None:
        """Ask every loop to finish."""
        self._stopping.set()
        for loop in self._loops:
            if loop.stop:
                loop.stop()

    async def _keep_running(self, loop: _Loop) -> None:
        pauses = GrowingPause()
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            await self._run_once(loop)
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE_SECONDS:
                pauses.reset()
            await pauses.take(self._stopping)

    async def _run_once(self, loop: _Loop) -> None:
        task = asyncio.ensure_future(loop.run())
        stopping = asyncio.ensure_future(self._stopping.wait())
        recovery = asyncio.get_running_loop().call_later(LONGEST_PAUSE_SECONDS, self._clear_failure, loop)
        try:
            await asyncio.wait({task} if loop.stop else {task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                self._note_outcome(loop, task)
        finally:
            recovery.cancel()
            stopping.cancel()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def check_loops(self) -> None:
        """Raises Unavailable where a loop has failed and not yet recovered."""
        if failing := {loop.name: loop.failure for loop in self._loops if loop.failure}:
            raise Unavailable("; ".join(f"{name}: {failure}" for name, failure in failing.items()))

    async def _measure(self) -> None:
        metrics = self._runtime.metrics
        async with self._runtime.database.read() as session:
            outbox = (await session.execute(_OUTBOX)).one()
            dead, retrying = await dead_letters.count(session)
        metrics.dead_events.set(dead)
        metrics.retrying_events.set(retrying)
        metrics.outbox_rows.set(outbox.n)
        metrics.outbox_age.set(outbox.age)
        counts = await self._broker.count(self._runtime.service)
        metrics.queue_messages.set(counts.waiting)
        metrics.dead_messages.set(counts.dead)

    async def _watch_locks(self) -> None:
        metrics = self._runtime.metrics
        async with self._runtime.database.read() as session:
            waits = await locks.waits(session)
            metrics.oldest_transaction.set(await locks.oldest_transaction_seconds(session))
            ended = await locks.end_frozen(session)
        metrics.lock_waits.set(len(waits))
        for wait in waits:
            log.warning("lock_wait", **asdict(wait))
        for pid, name, silent in ended:
            log.error("frozen_session_ended", pid=pid, session=name, silent_seconds=round(silent))

    def _clear_failure(self, loop: _Loop) -> None:
        loop.failure = None
        loop.outage.works()
        self._runtime.metrics.loop_failing.labels(loop.name).set(0)

    def _note_outcome(self, loop: _Loop, task: asyncio.Future[None]) -> None:
        # A library may cancel the task that awaits it: `stop` was not called, so this is a failure of the loop.
        error = asyncio.CancelledError("cancelled from within") if task.cancelled() else task.exception()
        if error is None:
            return
        self._runtime.metrics.loop_failing.labels(loop.name).set(1)
        if isinstance(error, Unavailable):
            loop.failure = error.detail
            if not error.is_reported:
                loop.outage.failed(error)
        else:
            loop.failure = type(error).__name__  # its message may hold SQL, which is confidential
            if loop.outage.failed(Unavailable(loop.failure)):
                log.error("loop_failed", loop=loop.name, exc_info=error)
