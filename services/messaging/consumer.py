"""The consumer: batches of events into one unit of work each, and the bad kept from harming the good."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import structlog

from services.clock import Clock
from services.contracts.events import AnyEvent
from services.database import Database, TookTooLong, WriteSession
from services.kernel import Unavailable
from services.messaging import parking
from services.messaging.broker import Broker, Delivery, Inbox
from services.messaging.codec import Broken, decode
from services.observability import Metrics

log = structlog.get_logger(__name__)

Handler: TypeAlias = Callable[[WriteSession, Sequence[Any]], Awaitable[None]]
"""Takes a run of events of one type inside the unit of work of their batch. It must bear an event coming twice."""

MESSAGES_PER_BATCH = 10
PARKED_POLL_SECONDS = 0.5
AWAY_PAUSE_SECONDS = 0.5


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
        self._queue = queue
        self._handlers = handlers
        self._database = database
        self._broker = broker
        self._clock = clock
        self._metrics = metrics
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the batch in hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. Raises Unavailable where the broker is away."""
        async with self._broker.subscribe(self._queue) as inbox:
            while not self._stopping.is_set():
                if deliveries := await self._take(inbox):
                    await self._apply_until_done(deliveries)
                    await inbox.settle(deliveries)

    async def _take(self, inbox: Inbox) -> list[Delivery]:
        take = asyncio.ensure_future(inbox.take(MESSAGES_PER_BATCH))
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({take, stop}, return_when=asyncio.FIRST_COMPLETED)
            return take.result() if take.done() else []
        finally:
            take.cancel()
            stop.cancel()

    async def _apply_until_done(self, deliveries: Sequence[Delivery]) -> None:
        """While the database is away the batch stays in hand: nobody else could do more with it."""
        events, broken = decode(deliveries, self._handlers.keys())
        while True:
            try:
                return await self._apply(events, broken)
            except Unavailable as error:
                if self._stopping.is_set():
                    raise
                log.warning("consumer_waits", queue=self._queue, reason=error.detail)
                await asyncio.sleep(AWAY_PAUSE_SECONDS)

    async def _apply(self, events: Sequence[AnyEvent], broken: Sequence[Broken]) -> None:
        await self._apply_or_isolate(events)
        if broken:
            async with self._database.write() as session:
                await parking.bury(session, broken, self._clock.now())
            log.error("events_buried", queue=self._queue, count=len(broken), error=broken[0].error)
            self._metrics.buried.inc(len(broken))

    async def _apply_or_isolate(self, events: Sequence[AnyEvent]) -> None:
        """One unit of work; where it fails, halves, down to the event that is to blame, which is parked."""
        try:
            async with self._database.write() as session:
                await self._handle(session, events)
            self._metrics.consumed.inc(len(events))
        except TookTooLong as error:
            # Fewer events may be done in time, and one that never is must not hold up those behind it.
            await self._isolate(events, error)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an event does, the ones beside it must not suffer
            await self._isolate(events, error)

    async def _isolate(self, events: Sequence[AnyEvent], error: Exception) -> None:
        if len(events) > 1:
            middle = len(events) // 2
            await self._apply_or_isolate(events[:middle])
            await self._apply_or_isolate(events[middle:])
        else:
            await self._park(events[0], error)

    async def _handle(self, session: WriteSession, events: Sequence[AnyEvent]) -> None:
        for event_type, handle in self._handlers.items():
            if run := [event for event in events if event.type == event_type]:
                await handle(session, run)

    async def _park(self, event: AnyEvent, error: Exception) -> None:
        which = {"event_id": str(event.id), "type": event.type, "correlation_id": event.correlationid}
        log.error("event_parked", queue=self._queue, **which, exc_info=error)
        async with self._database.write() as session:
            await parking.park(session, event, error, self._clock.now())
        self._metrics.parked.inc()

    async def retry_parked(self) -> None:
        """Try parked events again when their time comes, until cancelled. Raises Unavailable with the database away."""
        while True:
            if not await self._retry_one():
                await asyncio.sleep(PARKED_POLL_SECONDS)

    async def _retry_one(self) -> bool:
        async with self._database.write() as session:
            row = await parking.next_due(session, self._clock.now())
            if row is None:
                return False
            try:
                async with session.savepoint():
                    await self._handle(session, [parking.event_of(row)])
                await parking.unpark(session, row)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - a parked event may fail in any way, and is then postponed
                await parking.postpone(session, row, error, self._clock.now())
            return True
