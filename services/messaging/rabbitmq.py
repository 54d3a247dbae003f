"""RabbitMQ (3.10 or newer) behind the broker protocol.

Plain connections, no "robust" ones: what fails raises, and the loop that owns it starts anew, which is one way to
recover instead of two. Queues are quorum queues; what crashes its consumer again and again ends in `drive.dead`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

import aio_pika
import aiormq.exceptions
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractExchange,
    AbstractIncomingMessage,
    AbstractQueue,
)
from pamqp.common import FieldTable

from services.contracts.envelope import BATCH_CONTENT_TYPE
from services.messaging.broker import BrokerUnavailable, Delivery, Message

EXCHANGE = "drive.events"
DEAD_EXCHANGE = "drive.dead"
PREFETCH = 200
DELIVERY_LIMIT = 20
"""Deliveries of one message before the broker takes it for one that kills its consumer (3.10 has no default)."""
_NO_LIMIT = 1_000_000_000
"""For the dead: 4.x drops what was looked at 20 times and put back, and 3.x does not know its -1 for "never"."""

_AWAY = (
    aiormq.exceptions.AMQPError,
    aio_pika.exceptions.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,
    OSError,
    TimeoutError,
    asyncio.InvalidStateError,
)


@contextmanager
def _unavailable_when_away() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise BrokerUnavailable(f"RabbitMQ is away: {error!r}") from error


class _Inbox:
    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self._arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        self._gone = asyncio.Event()

    async def consume(self, queue: AbstractQueue) -> None:
        underlay = await self._channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(lambda *_: self._gone.set())
        self._channel.close_callbacks.add(lambda *_: self._gone.set())
        await queue.consume(self._arrived.put)

    async def take(self, at_most: int) -> list[Delivery]:
        messages = [await self._first()]
        while len(messages) < at_most and not self._arrived.empty():
            messages.append(self._arrived.get_nowait())
        return [_delivery(message) for message in messages]

    async def _first(self) -> AbstractIncomingMessage:
        if not self._arrived.empty():
            return self._arrived.get_nowait()
        get = asyncio.ensure_future(self._arrived.get())
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({get, gone}, return_when=asyncio.FIRST_COMPLETED)
            if get.done():
                return get.result()
            raise BrokerUnavailable("the subscription is gone")
        finally:
            get.cancel()
            gone.cancel()

    async def settle(self, deliveries: Sequence[Delivery]) -> None:
        # Taken and settled strictly in order, so one acknowledgement stands for all up to the last.
        with _unavailable_when_away():
            if self._gone.is_set():
                raise BrokerUnavailable("the subscription is gone")
            underlay = await self._channel.get_underlay_channel()
            await underlay.basic_ack(deliveries[-1].tag, multiple=True)


def _delivery(message: AbstractIncomingMessage) -> Delivery:
    content = Message(message.message_id or "", message.routing_key or "", message.body)
    return Delivery(content, message.delivery_tag or 0, bool(message.redelivered))


class RabbitBroker:
    """One connection to publish on, made when needed and again after a failure; one more for each subscription."""

    def __init__(
        self,
        url: str,
        subscriptions: Mapping[str, tuple[str, ...]],
        *,
        timeout: float = 10.0,
    ) -> None:
        self._url = url
        self._subscriptions = subscriptions
        self._timeout = timeout
        self._publisher: tuple[AbstractConnection, AbstractExchange] | None = None
        self._connecting = asyncio.Lock()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish with confirms, mandatory where somebody listens; on any failure the connection is dropped."""
        try:
            with _unavailable_when_away():
                async with asyncio.timeout(self._timeout):
                    exchange = await self._exchange()
                    await asyncio.gather(*(self._publish_one(exchange, message) for message in messages))
        except BaseException:
            await self._drop_publisher()
            raise

    async def _publish_one(self, exchange: AbstractExchange, message: Message) -> None:
        body = aio_pika.Message(
            message.body,
            content_type=BATCH_CONTENT_TYPE,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=message.id,
            type=message.type,
        )
        heard = any(message.type in types for types in self._subscriptions.values())
        await exchange.publish(body, routing_key=message.type, mandatory=heard)

    async def _exchange(self) -> AbstractExchange:
        async with self._connecting:
            if self._publisher is None:
                self._publisher = await self._open_publisher()
            return self._publisher[1]

    async def _open_publisher(self) -> tuple[AbstractConnection, AbstractExchange]:
        connection = await self._connect()
        try:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            return connection, await self._declare_all(channel)
        except BaseException:
            await _close(connection)
            raise

    async def _connect(self) -> AbstractConnection:
        return await aio_pika.connect(self._url, timeout=self._timeout)

    async def _declare_all(self, channel: AbstractChannel) -> AbstractExchange:
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        dead = await channel.declare_exchange(DEAD_EXCHANGE, aio_pika.ExchangeType.FANOUT, durable=True)
        keep: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": _NO_LIMIT}
        dead_queue = await channel.declare_queue(DEAD_EXCHANGE, durable=True, arguments=keep)
        await dead_queue.bind(dead)
        for name, types in self._subscriptions.items():
            queue = await self._declare(channel, name)
            for event_type in types:
                await queue.bind(exchange, event_type)
        return exchange

    async def _declare(self, channel: AbstractChannel, name: str) -> AbstractQueue:
        arguments: FieldTable = {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD_EXCHANGE,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
        return await channel.declare_queue(f"drive.{name}", durable=True, arguments=arguments)

    @asynccontextmanager
    async def subscribe(self, queue: str) -> AsyncIterator[_Inbox]:
        """A connection of its own, closed when the block is left, upon which RabbitMQ requeues what was not settled."""
        with _unavailable_when_away():
            async with asyncio.timeout(self._timeout):
                connection = await self._connect()
        try:
            with _unavailable_when_away():
                inbox = await self._open_inbox(connection, queue)
            yield inbox
        finally:
            await _close(connection)

    async def _open_inbox(self, connection: AbstractConnection, queue: str) -> _Inbox:
        async with asyncio.timeout(self._timeout):
            channel = await connection.channel(publisher_confirms=False)
            await self._declare_all(channel)
            await channel.set_qos(prefetch_count=PREFETCH)
            inbox = _Inbox(channel)
            await inbox.consume(await self._declare(channel, queue))
            return inbox

    async def check(self) -> None:
        """Raises BrokerUnavailable unless RabbitMQ answers on the publishing connection."""
        with _unavailable_when_away():
            async with asyncio.timeout(3):
                await self._exchange()
        if self._publisher and self._publisher[0].is_closed:
            await self._drop_publisher()
            raise BrokerUnavailable("the connection to RabbitMQ is closed")

    async def _drop_publisher(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher:
            await _close(publisher[0])

    async def close(self) -> None:
        """Close the publishing connection; subscriptions close themselves."""
        await self._drop_publisher()


async def _close(connection: AbstractConnection) -> None:
    """Closing what may be broken already must not hide why it is being closed."""
    try:
        async with asyncio.timeout(3):
            await connection.close()
    except _AWAY:
        return
