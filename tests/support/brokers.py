"""A broker that can be watched, over a real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.messaging.broker import Broker, EventMessage, Inbox, QueueCounts, ReceivedMessage, StoreMessage
from tests.support.waiting import soon

TARGETS, NOTIFICATIONS = "targets", "notifications"
BOTH, ONE, UNBOUND = "drive.enrolment.recorded.v1", "drive.registry.unit.v1", "drive.alert.raised.v1"
SUBSCRIPTIONS = {TARGETS: (BOTH, ONE), NOTIFICATIONS: (BOTH,)}
"""BOTH goes to two queues, ONE to one, UNBOUND to none."""


class _WatchedInbox:
    def __init__(self, inner: Inbox, owner: Watched) -> None:
        self._inner = inner
        self._owner = owner

    async def take(self, at_most: int) -> list[ReceivedMessage]:
        return await self._inner.take(at_most)

    async def acknowledge(self, deliveries: Sequence[ReceivedMessage]) -> None:
        await self._inner.acknowledge(deliveries)
        await self._owner.note(len(deliveries))


class Watched:
    """Forwards everything, and counts the messages that have been acknowledged."""

    def __init__(self, inner: Broker) -> None:
        self._inner = inner
        self.outage = inner.outage
        self._acknowledged = 0
        self._change = asyncio.Condition()

    async def note(self, count: int) -> None:
        """So many more were acknowledged."""
        async with self._change:
            self._acknowledged += count
            self._change.notify_all()

    async def acknowledged(self, count: int) -> None:
        """Wait until `count` messages in all have been acknowledged."""
        async with self._change:
            await soon(self._change.wait_for(lambda: self._acknowledged >= count))

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        """As the inner broker."""
        await self._inner.publish(messages)

    @asynccontextmanager
    async def subscribe(self, queue: str) -> AsyncIterator[Inbox]:
        """As the inner broker, watched."""
        async with self._inner.subscribe(queue) as inbox:
            yield _WatchedInbox(inbox, self)

    async def restore(self) -> None:
        """As the inner broker."""
        await self._inner.restore()

    async def take_dead(self, queue: str, keep: StoreMessage) -> int:
        """As the inner broker."""
        return await self._inner.take_dead(queue, keep)

    async def count(self, queue: str) -> QueueCounts:
        """As the inner broker."""
        return await self._inner.count(queue)

    async def check(self) -> None:
        """As the inner broker."""
        await self._inner.check()

    async def close(self) -> None:
        """As the inner broker."""
        await self._inner.close()
