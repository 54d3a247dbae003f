"""Steps of the tests of brokers."""

from __future__ import annotations

import aio_pika

from services.messaging.broker import Broker, BrokerUnavailable, EventMessage, Inbox
from services.messaging.rabbitmq import RabbitBroker
from tests.support.brokers import TARGETS
from tests.support.waiting import soon


async def held(broker: Broker, queue: str, count: int) -> list[EventMessage]:
    """So many messages of the queue, acknowledged."""
    messages: list[EventMessage] = []
    async with broker.subscribe(queue) as inbox:
        while len(messages) < count:
            taken = await soon(inbox.take(count))
            await inbox.acknowledge(taken)
            messages += [delivery.message for delivery in taken]
    return messages


async def take_exactly(inbox: Inbox, count: int) -> list[EventMessage]:
    """Take until there are so many."""
    taken: list[EventMessage] = []
    while len(taken) < count:
        taken += [delivery.message for delivery in await inbox.take(count - len(taken))]
    return taken


async def read_for_ever(inbox: Inbox) -> None:
    """Take and acknowledge nothing."""
    while True:
        await inbox.take(200)


async def is_readable(broker: Broker, queue: str) -> bool:
    """A quorum queue may need some seconds to elect its leader; a worker tries again until then."""
    try:
        async with broker.subscribe(queue):
            return True
    except BrokerUnavailable:
        return False


async def is_ready(broker: Broker) -> bool:
    """What readiness says."""
    try:
        await broker.check()
    except BrokerUnavailable:
        return False
    return True


async def count_dead(broker: RabbitBroker) -> int:
    """Messages in `drive.dead`."""
    return (await broker.count(TARGETS)).dead


async def delete_queue(url: str, name: str) -> None:
    """As an operator would."""
    async with await aio_pika.connect(url) as connection:
        await (await connection.channel()).queue_delete(name)
