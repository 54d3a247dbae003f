"""RabbitMQ (3.10 or newer) behind the broker protocol.

Plain connections, no "robust" ones: what fails raises, and the loop that owns it starts anew, which is one way to
recover instead of two. What is declared, and with which arguments, is in `topology`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any, TypeAlias

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage
from yarl import URL

from services.contracts.envelope import BATCH_CONTENT_TYPE
from services.contracts.subscriptions import EXCHANGE, ORDERED
from services.messaging import topology
from services.messaging.broker import BrokerUnavailable, EventMessage, QueueCounts, ReceivedMessage, StoreMessage
from services.messaging.rabbitmq_errors import ERRORS, why_not_connected, why_unavailable
from services.messaging.topology import DEAD_EXCHANGE, queue_name
from services.outages import Outage
from services.servers import Server, address

PREFETCH = 200
HEARTBEAT_SECONDS = 6
"""In seconds. Either side closes the connection after about three heartbeats without traffic."""

Needed: TypeAlias = Callable[[], AbstractContextManager[None]]
"""A block in which RabbitMQ is needed. What it causes there raises BrokerUnavailable, and is part of its outage."""


class _Inbox:
    def __init__(self, channel: AbstractChannel, needed: Needed) -> None:
        self._channel = channel
        self._needed = needed
        self._arrived: deque[AbstractIncomingMessage] = deque()
        self._unacknowledged: deque[int] = deque()
        self._changed = asyncio.Event()
        self._gone = False
        self._consumer_tag: str | None = None

    async def consume(self, queue: str) -> None:
        underlay = await self._channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(self._note_gone)
        self._channel.close_callbacks.add(self._note_gone)
        found = await self._channel.get_queue(queue, ensure=False)
        self._consumer_tag = await found.consume(self._put)

    async def _put(self, message: AbstractIncomingMessage) -> None:
        self._arrived.append(message)
        self._unacknowledged.append(message.delivery_tag or 0)
        self._changed.set()

    def _note_gone(self, *_: Any) -> None:
        self._gone = True
        self._changed.set()

    async def take(self, at_most: int) -> list[ReceivedMessage]:
        while not self._arrived:
            self._check()
            self._changed.clear()
            await self._changed.wait()
        count = min(at_most, len(self._arrived))
        return [_delivery(self._arrived.popleft()) for _ in range(count)]

    async def acknowledge(self, deliveries: Sequence[ReceivedMessage]) -> None:
        # Taken and acknowledged strictly in order, so one acknowledgement stands for all up to the last.
        with self._needed():
            self._check()
            underlay = await self._channel.get_underlay_channel()
            await underlay.basic_ack(deliveries[-1].tag, multiple=True)
        while self._unacknowledged and self._unacknowledged[0] <= deliveries[-1].tag:
            self._unacknowledged.popleft()

    def _check(self) -> None:
        if self._gone:
            with self._needed():
                raise BrokerUnavailable("the subscription is gone")

    async def give_back(self) -> None:
        """Return what was not acknowledged, by nack, which RabbitMQ 4 does not count as a failed delivery.

        One by one: where one nack stands for many, RabbitMQ 3.10 puts more than 32 of them back in no order.
        """
        if self._gone or self._consumer_tag is None:
            return
        with suppress(*ERRORS):
            async with asyncio.timeout(3):
                underlay = await self._channel.get_underlay_channel()
                await underlay.basic_cancel(self._consumer_tag)
                for tag in self._unacknowledged:
                    await underlay.basic_nack(tag, requeue=True)


def _delivery(message: AbstractIncomingMessage) -> ReceivedMessage:
    content = EventMessage(message.message_id or "", message.routing_key or "", message.body)
    return ReceivedMessage(content, message.delivery_tag or 0, _times_returned(message.headers))


def _times_returned(headers: Mapping[str, Any]) -> int:
    """How often a quorum queue has redelivered the message, from its headers."""
    count = headers.get("x-delivery-count", 0)
    return count if isinstance(count, int) else 0


class RabbitBroker:
    """One connection to publish on, made when needed and again after a failure; one more for each subscription."""

    def __init__(
        self,
        url: str,
        subscriptions: Mapping[str, tuple[str, ...]],
        *,
        timeout: float = 10.0,
        heartbeat: int = HEARTBEAT_SECONDS,
    ) -> None:
        """`timeout` and `heartbeat` are in seconds; a heartbeat in the query of the URL counts before the latter."""
        self.url = str(URL(url).update_query({"heartbeat": heartbeat} if "heartbeat" not in URL(url).query else {}))
        self._server = Server("RabbitMQ", address(URL(url).host, URL(url).port or 5672), "AMQP_URL")
        self._subscriptions = subscriptions
        self._timeout = timeout
        self._publisher: tuple[AbstractConnection, AbstractExchange] | None = None
        self._connecting = asyncio.Lock()
        self.outage = Outage("broker", self.check)

    @contextmanager
    def _needed(self) -> Iterator[None]:
        try:
            try:
                yield
            except ERRORS as error:
                raise BrokerUnavailable(why_unavailable(self._server, error)) from error
        except BrokerUnavailable as error:
            if not error.is_reported:
                self.outage.failed(error)
            raise
        self.outage.works()

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        """Publish with confirms, mandatory where a queue is bound; on any failure the connection is dropped."""
        try:
            with self._needed():
                async with asyncio.timeout(self._timeout):
                    exchange = await self._exchange()
                    await asyncio.gather(*(self._publish_one(exchange, message) for message in messages))
        except BaseException:
            await self._drop_publisher()
            raise

    async def _publish_one(self, exchange: AbstractExchange, message: EventMessage) -> None:
        body = aio_pika.Message(
            message.body,
            content_type=BATCH_CONTENT_TYPE,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=message.id,
            type=message.type,
        )
        has_queue = any(message.type in types for types in self._subscriptions.values())
        await exchange.publish(body, routing_key=message.type, mandatory=has_queue)

    async def _exchange(self) -> AbstractExchange:
        async with self._connecting:
            if self._publisher is None:
                self._publisher = await self._open_publisher()
            return self._publisher[1]

    async def _open_publisher(self) -> tuple[AbstractConnection, AbstractExchange]:
        connection = await self._connect()
        try:
            await topology.declare(connection, self._subscriptions)
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            return connection, await channel.get_exchange(EXCHANGE, ensure=False)
        except BaseException:
            await _close(connection)
            raise

    async def _connect(self) -> AbstractConnection:
        connection = aio_pika.Connection(URL(self.url))
        try:
            await connection.connect(timeout=self._timeout)
        except BaseException as error:
            await _close(connection)  # else the garbage collector does, and may find no loop to do it on
            if isinstance(error, ERRORS):
                raise BrokerUnavailable(why_not_connected(self._server, URL(self.url).path, error)) from error
            raise
        return connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AbstractConnection]:
        """A connection for the time of the block."""
        with self._needed():
            async with asyncio.timeout(self._timeout):
                connection = await self._connect()
        try:
            yield connection
        finally:
            await _close(connection)

    @asynccontextmanager
    async def subscribe(self, queue: str) -> AsyncIterator[_Inbox]:
        """A connection of its own; when the block is left, RabbitMQ gets back what was not acknowledged.

        Of an ordered listener that is left to the end of the connection: after a cancellation the next consumer would
        be given newer messages before these are back.
        """
        async with self._connected() as connection:
            with self._needed():
                inbox = await self._open_inbox(connection, queue)
            try:
                yield inbox
            finally:
                if queue not in ORDERED:
                    await inbox.give_back()

    async def _open_inbox(self, connection: AbstractConnection, queue: str) -> _Inbox:
        async with asyncio.timeout(self._timeout):
            await topology.declare(connection, self._subscriptions)
            channel = await connection.channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=PREFETCH)
            inbox = _Inbox(channel, self._needed)
            await inbox.consume(queue_name(queue))
            return inbox

    async def restore(self) -> None:
        """Declare and bind all once more; what is there stays as it is."""
        async with self._connected() as connection:
            with self._needed():
                async with asyncio.timeout(self._timeout):
                    await topology.declare(connection, self._subscriptions)

    async def take_dead(self, queue: str, keep: StoreMessage) -> int:
        """Move the messages of `drive.dead` that came from this queue; those of other queues are given back."""
        async with self._connected() as connection:
            with self._needed():
                async with asyncio.timeout(self._timeout):
                    await topology.declare(connection, self._subscriptions)
                    channel = await connection.channel(publisher_confirms=False)
                    dead = await channel.get_queue(DEAD_EXCHANGE, ensure=False)
                moved = 0
                while message := await dead.get(no_ack=False, fail=False, timeout=self._timeout):
                    if topology.died_in(message.headers) in (queue_name(queue), None):
                        content = EventMessage(message.message_id or "", topology.died_as(message), message.body)
                        await keep(content, f"RabbitMQ gave up on it: {topology.why_dead(message.headers)}")
                        await message.ack()
                        moved += 1
                return moved

    async def count(self, queue: str) -> QueueCounts:
        """Messages of the queue that are ready, and those in `drive.dead`."""
        async with self._connected() as connection:
            with self._needed():
                async with asyncio.timeout(self._timeout):
                    await topology.declare(connection, self._subscriptions)
                    channel = await connection.channel(publisher_confirms=False)
                    names = (queue_name(queue), DEAD_EXCHANGE)
                    found = [await channel.declare_queue(name, passive=True) for name in names]
                    return QueueCounts(*(each.declaration_result.message_count or 0 for each in found))

    async def check(self) -> None:
        """Raises BrokerUnavailable unless RabbitMQ answers on the publishing connection."""
        with self._needed():
            async with asyncio.timeout(3):
                await self._exchange()
            if self._publisher and not self._publisher[0].connected.is_set():  # `is_closed` only says that we closed it
                await self._drop_publisher()
                raise BrokerUnavailable("the connection to RabbitMQ is closed")

    async def _drop_publisher(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher:
            await _close(publisher[0])

    async def close(self) -> None:
        """Close the publishing connection; subscriptions close themselves."""
        self.outage.close()
        await self._drop_publisher()


async def _close(connection: AbstractConnection) -> None:
    """Closing what may be broken already must not hide why it is being closed."""
    try:
        async with asyncio.timeout(3):
            await connection.close()
    except ERRORS:
        return
