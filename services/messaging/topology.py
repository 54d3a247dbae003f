"""What is declared in RabbitMQ: the exchange, a quorum queue for each listener, and the queue of dead messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import ChannelPreconditionFailed
from pamqp.common import FieldTable

from services.contracts.subscriptions import EXCHANGE, ORDERED

log = structlog.get_logger(__name__)

DEAD_EXCHANGE = "drive.dead"
"""The name of the exchange, and of the queue behind it."""
NO_LIMIT = 1_000_000_000
"""For x-delivery-limit. 4.x would drop a message after 20 deliveries, and 3.10 counts each restart of a consumer as one
for all that it had prefetched; 3.x does not know -1 for "never". With a limit, what comes back keeps its place."""

_ARGUMENTS: Final[FieldTable] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": NO_LIMIT,
    "x-dead-letter-exchange": DEAD_EXCHANGE,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
_DEAD_ARGUMENTS: Final[FieldTable] = {"x-queue-type": "quorum", "x-delivery-limit": NO_LIMIT}


def queue_name(listener: str) -> str:
    """The queue of a listener of `SUBSCRIPTIONS`."""
    return f"drive.{listener}"


def _arguments(listener: str) -> FieldTable:
    return _ARGUMENTS | ({"x-single-active-consumer": True} if listener in ORDERED else {})


async def declare(connection: AbstractConnection, subscriptions: Mapping[str, tuple[str, ...]]) -> None:
    """Declare and bind everything; what is there already stays as it is."""
    async with connection.channel(publisher_confirms=False) as channel:
        await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        await channel.declare_exchange(DEAD_EXCHANGE, aio_pika.ExchangeType.FANOUT, durable=True)
        await channel.declare_queue(DEAD_EXCHANGE, durable=True, arguments=_DEAD_ARGUMENTS)
        await _bind(channel, DEAD_EXCHANGE, DEAD_EXCHANGE, "")
    for listener, types in subscriptions.items():
        await _declare_queue(connection, queue_name(listener), _arguments(listener))
        async with connection.channel(publisher_confirms=False) as channel:
            for event_type in types:
                await _bind(channel, queue_name(listener), EXCHANGE, event_type)


async def _bind(channel: AbstractChannel, queue: str, exchange: str, routing_key: str) -> None:
    found = await channel.get_queue(queue, ensure=False)
    await found.bind(exchange, routing_key)


async def _declare_queue(connection: AbstractConnection, name: str, arguments: FieldTable) -> None:
    """Declare the queue; one of an earlier version, with other arguments, is replaced once it is empty and unused.

    Until then it is used as it is: nothing in it may be lost.
    """
    try:
        async with connection.channel(publisher_confirms=False) as channel:
            await channel.declare_queue(name, durable=True, arguments=arguments)
    except ChannelPreconditionFailed:
        async with connection.channel(publisher_confirms=False) as channel:
            await _replace(channel, name, arguments)


async def _replace(channel: AbstractChannel, name: str, arguments: FieldTable) -> None:
    found = await channel.declare_queue(name, passive=True)
    if found.declaration_result.message_count or found.declaration_result.consumer_count:
        log.warning("queue_has_old_arguments", queue=name, remedy="stop its workers once it is empty, start them again")
        return
    await found.delete(if_unused=False, if_empty=False)  # quorum queues know neither condition
    await channel.declare_queue(name, durable=True, arguments=arguments)
    log.info("queue_replaced", queue=name)


def died_in(headers: Mapping[str, Any]) -> str | None:
    """The queue that a dead message was in, where the headers say so."""
    return _death(headers).get("queue")


def died_as(message: AbstractIncomingMessage) -> str:
    """The routing key that a dead message was first published with, which is the type of its events."""
    keys = _death(message.headers).get("routing-keys") or [message.routing_key]
    return str(keys[0] or "")


def why_dead(headers: Mapping[str, Any]) -> str:
    """The reason in the headers, such as delivery_limit."""
    return str(_death(headers).get("reason", "unknown"))


def _death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """The latest entry of the header x-death."""
    deaths = headers.get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}
