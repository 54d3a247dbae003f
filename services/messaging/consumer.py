"""The consumer: batches of events into one unit of work each, and the bad kept from harming the good.

Only what an event itself can be to blame for makes it a dead letter. Everything else (the database refuses, the broker
is away) is the moment's fault: the batch stays in hand and is tried again until the moment is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import structlog

from services.clock import Clock
from services.contracts.events import AnyEvent
from services.errors import DomainError, Unavailable
from services.messaging import dead_letters
from services.messaging.broker import Broker, Inbox, ReceivedMessage
from services.messaging.codec import Broken, decode
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.driver_errors import StatementRefused, TookTooLong
from services.persistence.unit_of_work import UnitOfWork
from services.waiting import GrowingPause

log = structlog.get_logger(__name__)

Handler: TypeAlias = Callable[[UnitOfWork, Sequence[Any]], Awaitable[None]]
"""Takes a run of events of one type inside the unit of work of their batch. It must bear an event coming twice."""
Failure: TypeAlias = tuple[AnyEvent, Exception]

MESSAGES_PER_BATCH = 10
MOST_RETURNS = 20
"""A message that came back so often may be what ends its consumer: it is set apart and tried alone."""


class Consumer:
    """Reads one queue. `handlers` maps each event type it knows to what handles it.

    Within a batch the types take their turns in the order of `handlers`, and each in the order of publication: so all
    consumers of a queue take their locks in one order, and a type comes after those it builds on.
    """

    def __init__(
        self,
        queue: str,
        handlers: Mapping[str, Handler],
        *,
        database: Database,
        broker: Broker,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.queue = queue
        self.handlers = handlers
        self._database = database
        self._broker = broker
        self._clock = clock
        self.metrics = metrics
        self._stopping = asyncio.Event()
        self._waits_because: str | None = None

    def stop(self) -> None:
        """Finish the batch in hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. Raises Unavailable where the broker is away, or where work in hand cannot be finished."""
        async with self._broker.subscribe(self.queue) as inbox:
            while not self._stopping.is_set():
                if deliveries := await self._take(inbox):
                    await self._apply_until_done(deliveries)
                    await inbox.acknowledge(deliveries)

    async def check(self) -> None:
        """Raises Unavailable while a batch waits for the moment to be over."""
        if self._waits_because:
            raise Unavailable(f"a batch of {self.queue} waits: {self._waits_because}")

    async def _take(self, inbox: Inbox) -> list[ReceivedMessage]:
        take = asyncio.ensure_future(inbox.take(MESSAGES_PER_BATCH))
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({take, stop}, return_when=asyncio.FIRST_COMPLETED)
            return take.result() if take.done() else []
        finally:
            take.cancel()
            stop.cancel()

    async def _apply_until_done(self, deliveries: Sequence[ReceivedMessage]) -> None:
        pauses = GrowingPause()
        while True:
            try:
                await self._apply(deliveries)
            except Unavailable as error:
                self._note_waiting(error.detail)
                if self._stopping.is_set():
                    raise
                await pauses.take(self._stopping)
            else:
                return self._note_waiting(None)

    def _note_waiting(self, reason: str | None) -> None:
        if reason:
            log.warning("consumer_waits", queue=self.queue, reason=reason)
        self._waits_because = reason
        self.metrics.consumer_waits.set(1 if reason else 0)

    async def _apply(self, deliveries: Sequence[ReceivedMessage]) -> None:
        suspects = [d for d in deliveries if d.times_returned >= MOST_RETURNS]
        events, broken = decode([d for d in deliveries if d.times_returned < MOST_RETURNS], self.handlers.keys())
        failures = await self._apply_apart(events)
        if failures or broken or suspects:
            await self._keep(failures, broken, suspects)

    async def _apply_apart(self, events: Sequence[AnyEvent]) -> list[Failure]:
        """Apply what can be applied; return the rest with its errors. Raises Unavailable where the moment is to blame.

        An error that does not tell whether the event or the moment is to blame counts against the event where others of
        the batch went through, and against the moment where none did.
        """
        failures: list[Failure] = []
        await self._apply_or_halve(events, failures)
        unclear = [error for _, error in failures if not is_fault_of_event(error)]
        if unclear and len(failures) == len(events):
            log.error("every_event_fails", queue=self.queue, count=len(events), exc_info=unclear[0])
            raise Unavailable(f"not one event can be handled ({type(unclear[0]).__name__})")
        return failures

    async def _apply_or_halve(self, events: Sequence[AnyEvent], failures: list[Failure]) -> None:
        """One unit of work; where it fails, halves, down to the event that fails alone."""
        try:
            async with self._database.write() as work:
                await self.handle(work, events)
            self.metrics.consumed.inc(len(events))
        except Exception as error:
            if isinstance(error, Unavailable) and not isinstance(error, TookTooLong):
                raise
            if len(events) == 1:
                failures.append((events[0], error))
                return
            middle = len(events) // 2
            await self._apply_or_halve(events[:middle], failures)
            await self._apply_or_halve(events[middle:], failures)

    async def handle(self, work: UnitOfWork, events: Sequence[AnyEvent]) -> None:
        """Let the events take effect within a unit of work."""
        for event_type, handle in self.handlers.items():
            if run := [event for event in events if event.type == event_type]:
                await handle(work, run)

    async def _keep(
        self, failures: Sequence[Failure], broken: Sequence[Broken], suspects: Sequence[ReceivedMessage]
    ) -> None:
        """Make them dead letters. That this fails is never the fault of what they hold. Raises Unavailable."""
        now = self._clock.now()
        try:
            async with self._database.write() as work:
                for event, error in failures:
                    await dead_letters.keep_event(work, event, error, now)
                await dead_letters.keep_broken(work, broken, now)
                apart = [(d.message, f"came back {d.times_returned} times without an outcome") for d in suspects]
                await dead_letters.keep_messages(work, apart, now)
        except Unavailable:
            raise
        except Exception as error:
            log.exception("dead_letters_not_kept", queue=self.queue)
            raise Unavailable(f"dead letters cannot be written ({type(error).__name__})") from error
        self._report(failures, broken, suspects)

    def _report(
        self, failures: Sequence[Failure], broken: Sequence[Broken], suspects: Sequence[ReceivedMessage]
    ) -> None:
        for event, error in failures:
            which = {"event_id": str(event.id), "type": event.type, "correlation_id": event.correlationid}
            log.error("event_failed", queue=self.queue, **which, exc_info=error)
        if broken:
            log.error("events_broken", queue=self.queue, count=len(broken), error=broken[0].error)
        if suspects:
            log.error("messages_set_apart", queue=self.queue, ids=[delivery.message.id for delivery in suspects])
        self.metrics.failed.inc(len(failures) + len(suspects))
        self.metrics.broken.inc(len(broken))


def is_fault_of_event(error: Exception) -> bool:
    """Whether an event's own data made its handling fail: a domain error, a failed validation, SQLSTATE 22 or 23."""
    if isinstance(error, Unavailable):
        return False
    return isinstance(error, DomainError | StatementRefused | ValueError | ArithmeticError)
