"""A broker inside one process.

It keeps nothing on disk: `publish` returns when every queue has *acknowledged* the message, so until then the outbox
row stands for it, and a crash in between means that it is published again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from services.messaging.broker import BrokerUnavailable, EventMessage, QueueCounts, ReceivedMessage, StoreMessage
from services.outages import Outage


@dataclass(eq=False)
class _Entry:
    message: EventMessage
    acknowledged: asyncio.Future[None]
    times_returned: int = 0


@dataclass
class _Queue:
    waiting: deque[_Entry] = field(default_factory=deque)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, entry: _Entry) -> None:
        self.waiting.append(entry)
        self.arrived.set()

    def give_back(self, entries: Iterable[_Entry]) -> None:
        for entry in reversed(list(entries)):
            if not entry.acknowledged.done():
                entry.times_returned += 1
                self.waiting.appendleft(entry)
                self.arrived.set()


class _Inbox:
    def __init__(self, queue: _Queue) -> None:
        self._queue = queue
        self._tags = count(1)
        self.unacknowledged: dict[int, _Entry] = {}

    async def take(self, at_most: int) -> list[ReceivedMessage]:
        while not self._queue.waiting:
            self._queue.arrived.clear()
            await self._queue.arrived.wait()
        deliveries: list[ReceivedMessage] = []
        while self._queue.waiting and len(deliveries) < at_most:
            entry = self._queue.waiting.popleft()
            if not entry.acknowledged.done():
                tag = next(self._tags)
                self.unacknowledged[tag] = entry
                deliveries.append(ReceivedMessage(entry.message, tag, entry.times_returned))
        return deliveries or await self.take(at_most)

    async def acknowledge(self, deliveries: Sequence[ReceivedMessage]) -> None:
        for delivery in deliveries:
            entry = self.unacknowledged.pop(delivery.tag)
            if not entry.acknowledged.done():
                entry.acknowledged.set_result(None)


class InProcessBroker:
    """Queues in memory. `subscriptions` maps each queue to the event types bound to it."""

    def __init__(self, subscriptions: Mapping[str, tuple[str, ...]], *, confirm_timeout: float = 10.0) -> None:
        self._queues = {name: _Queue() for name in subscriptions}
        self._bound = subscriptions
        self._confirm_timeout = confirm_timeout
        self.outage = Outage("broker")

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        """Put the messages into every bound queue and wait until each has acknowledged them."""
        entries = [self._put(message, name) for message in messages for name in self._queues_of(message.type)]
        try:
            async with asyncio.timeout(self._confirm_timeout):
                await asyncio.gather(*(entry.acknowledged for entry in entries))
        except TimeoutError as error:
            raise BrokerUnavailable("nobody acknowledged the messages in time") from error
        finally:
            for entry in entries:
                entry.acknowledged.cancel()

    def _queues_of(self, event_type: str) -> list[str]:
        return [name for name, types in self._bound.items() if event_type in types]

    def _put(self, message: EventMessage, queue: str) -> _Entry:
        entry = _Entry(message, asyncio.get_running_loop().create_future())
        self._queues[queue].put(entry)
        return entry

    @asynccontextmanager
    async def subscribe(self, queue: str) -> AsyncIterator[_Inbox]:
        """Read a queue; what is not acknowledged goes back to its head when the block is left."""
        inbox = _Inbox(self._queues[queue])
        try:
            yield inbox
        finally:
            self._queues[queue].give_back(inbox.unacknowledged.values())

    async def restore(self) -> None:
        """Do nothing: queues in memory cannot be deleted."""

    async def take_dead(self, queue: str, keep: StoreMessage) -> int:
        """It gives up on no message."""
        return 0

    async def count(self, queue: str) -> QueueCounts:
        """Messages of the queue that no consumer has taken; none is dead, since it gives up on no message."""
        return QueueCounts(waiting=len(self._queues[queue].waiting) if queue in self._queues else 0)

    async def check(self) -> None:
        """Do nothing: a broker in this process is always available."""

    async def close(self) -> None:
        """Do nothing: there is no connection."""
