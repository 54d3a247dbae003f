"""The consumer: applies a batch of events in one unit of work, but for handlers apart; sets apart the events that fail.

Only an error that an event's own data causes makes it a dead letter. Everything else (the database refuses, the broker
is unavailable) is a temporary condition: the batch stays unacknowledged and is tried again until it succeeds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import structlog

from services.clock import Clock
from services.context import Context, context_of
from services.contracts.envelope import Event, type_of
from services.errors import DomainError, Unavailable
from services.messaging import dead_letters
from services.messaging.broker import Broker, Inbox, ReceivedMessage
from services.messaging.codec import Broken, decode
from services.observability import Metrics
from services.outages import Outage
from services.persistence.database import Database
from services.persistence.driver_errors import StatementRefused, TookTooLong
from services.persistence.unit_of_work import UnitOfWork
from services.waiting import GrowingPause, Stopped, until_stopped

log = structlog.get_logger(__name__)

Handler: TypeAlias = Callable[[UnitOfWork, Context, Sequence[Any]], Awaitable[None]]
"""Handles events of one class within the unit of work of their batch. An event that comes twice must change nothing."""
Handlers: TypeAlias = Mapping[type[Event], Handler]


@dataclass(frozen=True, slots=True)
class Apart:
    """A handler whose events have a unit of work of their own, committed before the next handler's begins: what it
    locks is not held while the others are at work."""

    handle: Handler

    def __call__(self, work: UnitOfWork, context: Context, events: Sequence[Any]) -> Awaitable[None]:
        """Handle the events."""
        return self.handle(work, context, events)


Failure: TypeAlias = tuple[Event, Exception]

MESSAGES_PER_BATCH = 10
LAG_SHOWN = timedelta(minutes=1)
MOST_RETURNS = 20
"""A message that was redelivered so often may crash its consumer: it is set apart and tried alone."""


class Consumer:
    """Reads the queue of one listener. `handlers` maps each class of events it knows to what handles it.

    Within a batch the classes are handled in the order of `handlers`, those with the same handler together, and each in
    the order of publication: so all consumers of a queue take their locks in one order, and a class comes after those
    it builds on. All share a unit of work, but for those that are `Apart`.
    """

    def __init__(
        self,
        queue: str,
        handlers: Handlers,
        *,
        database: Database,
        broker: Broker,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.queue = queue
        self.handlers = handlers
        self.known = frozenset(map(type_of, handlers))
        self._kinds: dict[Handler, set[type[Event]]] = {}
        for kind, handle in handlers.items():
            self._kinds.setdefault(handle, set()).add(kind)
        self._steps = _steps(self._kinds)
        self._database = database
        self._broker = broker
        self._clock = clock
        self.metrics = metrics
        self._stopping = asyncio.Event()
        self._waits_because: str | None = None
        self.outage = Outage("batch", queue=queue)
        """Of a temporary condition that is not part of another outage."""
        self._oldest: datetime | None = None
        self._last_at, self._last_lag = clock.now(), 0.0
        metrics.consumer_lag.set_function(self.lag)

    def stop(self) -> None:
        """Finish the batch in progress, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. Raises Unavailable without a broker, or where the batch in progress fails."""
        async with self._broker.subscribe(self.queue) as inbox:
            while not self._stopping.is_set():
                if messages := await self._take(inbox):
                    await self._apply_until_done(messages)
                    await inbox.acknowledge(messages)

    def lag(self) -> float:
        """Seconds since the oldest event of the batch in hand; of the last batch for a minute, then 0."""
        if self._oldest is not None:
            return _seconds_since(self._oldest, self._clock)
        return self._last_lag if self._clock.now() - self._last_at < LAG_SHOWN else 0.0

    async def check(self) -> None:
        """Raises Unavailable while a batch waits for a temporary condition to end."""
        if self._waits_because:
            raise Unavailable(f"a batch of {self.queue} waits: {self._waits_because}")

    async def _take(self, inbox: Inbox) -> list[ReceivedMessage]:
        try:
            return await until_stopped(inbox.take(MESSAGES_PER_BATCH), self._stopping)
        except Stopped:
            return []

    async def _apply_until_done(self, messages: Sequence[ReceivedMessage]) -> None:
        try:
            await self._try_until_applied(messages)
            self._note_applied()
        finally:
            self._oldest = None

    async def _try_until_applied(self, messages: Sequence[ReceivedMessage]) -> None:
        pauses = GrowingPause()
        while True:
            try:
                await self._apply(messages)
            except Unavailable as error:
                self._note_waiting(error)
                if self._stopping.is_set():
                    raise
                await pauses.take(self._stopping)
            else:
                return self._note_waiting(None)

    def _note_applied(self) -> None:
        if self._oldest is not None:
            self._last_at, self._last_lag = self._clock.now(), _seconds_since(self._oldest, self._clock)

    def _note_waiting(self, error: Unavailable | None) -> None:
        if error is None:
            self.outage.works()
        elif not error.is_reported:
            self.outage.failed(error)
        self._waits_because = error.detail if error else None
        self.metrics.consumer_waits.set(1 if error else 0)

    async def _apply(self, messages: Sequence[ReceivedMessage]) -> None:
        suspects = [d for d in messages if d.times_returned >= MOST_RETURNS]
        events, broken = decode([d for d in messages if d.times_returned < MOST_RETURNS], self.known)
        self._oldest = min((_in_utc(event.time) for event in events), default=None)
        failures = await self._apply_apart(events)
        if failures or broken or suspects:
            await self._keep(failures, broken, suspects)

    async def _apply_apart(self, events: Sequence[Event]) -> list[Failure]:
        """Apply what can be applied; return the rest with its errors. Raises Unavailable for a temporary condition.

        An error that may have either cause is taken for the event's fault where other events of the batch succeeded,
        and for a temporary condition where none did.
        """
        failures: list[Failure] = []
        for kinds in self._steps:
            if run := [event for event in events if type(event) in kinds]:
                await self._apply_or_halve(run, failures)
        unclear = [error for _, error in failures if not is_fault_of_event(error)]
        if unclear and len(failures) == len(events):
            if not self.outage.lasts:
                log.error("every_event_fails", queue=self.queue, count=len(events), exc_info=unclear[0])
            raise Unavailable(f"not one event can be handled ({type(unclear[0]).__name__})")
        return failures

    async def _apply_or_halve(self, events: Sequence[Event], failures: list[Failure]) -> None:
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

    async def handle(self, work: UnitOfWork, events: Sequence[Event]) -> None:
        """Let the events take effect within a unit of work."""
        for handle, kinds in self._kinds.items():
            # isinstance() asks pydantic's metaclass, which takes a microsecond for each event and kind.
            if run := [event for event in events if type(event) in kinds]:
                await handle(work, context_of(self._clock, run[-1].correlationid), run)

    async def _keep(
        self, failures: Sequence[Failure], broken: Sequence[Broken], suspects: Sequence[ReceivedMessage]
    ) -> None:
        """Make them dead letters. Any failure of that is taken for a temporary condition. Raises Unavailable."""
        now = self._clock.now()
        try:
            async with self._database.write() as work:
                apart = [(d.message, f"came back {d.times_returned} times without an outcome") for d in suspects]
                await dead_letters.keep(work, now, failed=failures, broken=broken, messages=apart)
        except Unavailable:
            raise
        except Exception as error:
            if not self.outage.lasts:
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


def _steps(kinds: Mapping[Handler, set[type[Event]]]) -> list[set[type[Event]]]:
    """The classes of events that are handled in one unit of work, for each of them."""
    steps: list[set[type[Event]]] = []
    together: set[type[Event]] = set()
    for handle, of_handler in kinds.items():
        if isinstance(handle, Apart):
            steps.append(of_handler)
            together = set()
            continue
        if not together:
            steps.append(together)
        together |= of_handler
    return steps


def _in_utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _seconds_since(then: datetime, clock: Clock) -> float:
    """Events carry the business day: see `Context.at`."""
    return max(0.0, (context_of(clock).at - then).total_seconds())


def is_fault_of_event(error: Exception) -> bool:
    """Whether an event's own data made its handling fail: a domain error, a failed validation, SQLSTATE 22 or 23."""
    if isinstance(error, Unavailable):
        return False
    return isinstance(error, DomainError | StatementRefused | ValueError | ArithmeticError)
