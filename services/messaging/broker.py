"""The protocol of a broker, implemented by `rabbitmq` and `in_process`, and checked by one set of tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from services.errors import Unavailable
from services.outages import Outage


class BrokerUnavailable(Unavailable):
    """The broker is unavailable, or did not confirm in time. Publish again; messages may be delivered twice."""


@dataclass(frozen=True, slots=True)
class EventMessage:
    """A batch of CloudEvents of one type. `type` is the routing key."""

    id: str
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message as it reached a queue. `tag` is the inbox's delivery tag.

    `times_returned` counts how often it was given to a consumer before and came back without an outcome.
    """

    message: EventMessage
    tag: int
    times_returned: int


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Messages of one queue that no consumer has been given, and dead-lettered messages of all queues."""

    waiting: int = 0
    dead: int = 0


StoreMessage: TypeAlias = Callable[[EventMessage, str], Awaitable[None]]
"""Stores a message for good, with the reason why it is here."""


class Inbox(Protocol):
    """The reading end of a queue. What was taken and not acknowledged goes back to the queue when the inbox closes."""

    async def take(self, at_most: int) -> list[ReceivedMessage]:
        """Wait for a message, then return all that are there, up to `at_most`, in the order they were published.

        A call that is cancelled takes nothing. Raises BrokerUnavailable where the connection or the subscription is
        gone.
        """
        ...

    async def acknowledge(self, deliveries: Sequence[ReceivedMessage]) -> None:
        """These have taken effect and must not be delivered again. Raises BrokerUnavailable if not sent."""
        ...


class Broker(Protocol):
    """Holds messages from the moment `publish` returns until every queue bound to their type has acknowledged them."""

    outage: Outage
    """Lasts while the broker is away."""

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        """Return once the broker has taken all messages on.

        Raises BrokerUnavailable otherwise; then some may have gone out.
        """
        ...

    def subscribe(self, queue: str) -> AbstractAsyncContextManager[Inbox]:
        """Open the queue for reading. Where the listener is one of ORDERED and several processes read, one is given
        messages and the others stand by. Raises BrokerUnavailable.
        """
        ...

    async def restore(self) -> None:
        """Declare the exchanges, queues and bindings that are missing. Raises BrokerUnavailable."""
        ...

    async def take_dead(self, queue: str, keep: StoreMessage) -> int:
        """Pass each message that the broker has dead-lettered from this queue to `keep`, with a reason;
        return how many those were. What `keep` raises for stays where it is. Raises BrokerUnavailable.
        """
        ...

    async def count(self, queue: str) -> QueueCounts:
        """How many messages the broker holds for this queue, and dead-lettered ones. Raises BrokerUnavailable."""
        ...

    async def check(self) -> None:
        """Raises BrokerUnavailable unless the broker answers."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
