"""What only RabbitMQ can do to messages: lose a queue, keep an order, give back, dead-letter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aio_pika
import pytest
import pytest_asyncio
from pamqp.common import FieldTable

from services.contracts.subscriptions import EXCHANGE
from services.errors import Unavailable
from services.messaging.broker import BrokerUnavailable, EventMessage, ReceivedMessage
from services.messaging.rabbitmq import RabbitBroker
from services.messaging.topology import DEAD_EXCHANGE
from tests.services.messaging.steps import count_dead, delete_queue, held, take_exactly
from tests.support.brokers import BOTH, NOTIFICATIONS, ONE, SUBSCRIPTIONS, TARGETS
from tests.support.events import numbered
from tests.support.waiting import eventually, running, soon


@pytest_asyncio.fixture
async def broker(rabbitmq_url: str) -> AsyncIterator[RabbitBroker]:
    """The broker itself."""
    opened = RabbitBroker(rabbitmq_url, SUBSCRIPTIONS)
    yield opened
    await opened.close()


async def test_a_dead_letter_may_be_looked_at_and_put_back_any_number_of_times(
    broker: RabbitBroker, rabbitmq_url: str
) -> None:
    await broker.check()
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"dead"), DEAD_EXCHANGE)
        dead = await channel.get_queue(DEAD_EXCHANGE)
        for _ in range(60):
            message = await soon(dead.get(timeout=5))
            await message.reject(requeue=True)
        assert (await soon(dead.get(timeout=5))).body == b"dead"


async def test_a_queue_that_is_deleted_ends_the_subscription(broker: RabbitBroker, rabbitmq_url: str) -> None:
    async with broker.subscribe(TARGETS) as inbox, running(inbox.take(1)) as taking:
        await delete_queue(rabbitmq_url, f"drive.{TARGETS}")
        with pytest.raises(BrokerUnavailable):
            await soon(taking)


async def test_a_message_no_queue_would_take_is_refused_and_the_queue_made_anew(
    broker: RabbitBroker, rabbitmq_url: str
) -> None:
    lost, kept = numbered(2, ONE)
    await broker.check()
    await delete_queue(rabbitmq_url, f"drive.{TARGETS}")
    with pytest.raises(BrokerUnavailable, match=rf"\(AMQP_URL\) refuses: NO_ROUTE for a message of {ONE}$"):
        await broker.publish([lost])
    await broker.publish([kept])
    assert await held(broker, TARGETS, 1) == [kept]


async def test_a_queue_that_is_full_refuses_messages_and_is_not_called_away(
    broker: RabbitBroker, rabbitmq_url: str
) -> None:
    first, second = numbered(2, ONE)
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        full: FieldTable = {"x-max-length": 1, "x-overflow": "reject-publish"}
        await channel.declare_queue(f"drive.{TARGETS}", durable=True, arguments=full)
        await channel.default_exchange.publish(aio_pika.Message(b"full"), f"drive.{TARGETS}")
    with pytest.raises(BrokerUnavailable, match=r"refuses: it does not confirm a message \(basic.nack\)") as refused:
        await broker.publish([first, second])
    assert refused.value.is_reported
    assert broker.outage.reason == refused.value.detail


async def test_what_rabbitmq_says_of_an_exchange_of_another_kind_is_repeated(
    broker: RabbitBroker, rabbitmq_url: str
) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection:
        await (await connection.channel()).declare_exchange(EXCHANGE, aio_pika.ExchangeType.FANOUT)
    with pytest.raises(BrokerUnavailable, match=rf"refuses: PRECONDITION_FAILED - .* for exchange '{EXCHANGE}'"):
        await broker.restore()


async def test_a_message_published_before_its_reader_ever_came_is_waiting_for_it(
    broker: RabbitBroker, rabbitmq_url: str
) -> None:
    messages = numbered(3, BOTH)
    await broker.publish(messages)
    reader = RabbitBroker(rabbitmq_url, SUBSCRIPTIONS)
    assert await held(reader, NOTIFICATIONS, 3) == list(messages)


async def test_a_message_comes_back_as_often_as_its_readers_end_and_says_how_often(broker: RabbitBroker) -> None:
    [message] = numbered(1, ONE)
    await broker.publish([message])
    for returned in range(30):
        async with broker.subscribe(TARGETS) as inbox:
            [delivery] = await soon(inbox.take(1))
            assert delivery == ReceivedMessage(message, delivery.tag, returned)


async def test_what_an_ordered_listener_had_prefetched_comes_back_in_the_order_it_had(broker: RabbitBroker) -> None:
    messages = numbered(50, BOTH)
    await broker.publish(messages)
    for _ in range(3):
        async with broker.subscribe(NOTIFICATIONS) as inbox:
            await soon(inbox.take(1))
    assert await held(broker, NOTIFICATIONS, 50) == list(messages)


async def test_of_two_readers_of_an_ordered_listener_one_is_given_messages_and_the_other_takes_over_when_it_ends(
    broker: RabbitBroker, rabbitmq_url: str
) -> None:
    other = RabbitBroker(rabbitmq_url, SUBSCRIPTIONS)
    messages = numbered(40, BOTH)
    async with AsyncExitStack() as reading:
        first = await reading.enter_async_context(broker.subscribe(NOTIFICATIONS))
        async with other.subscribe(NOTIFICATIONS) as second, running(take_exactly(second, 40)) as standing_by:
            await broker.publish(messages)
            assert await take_exactly(first, 40) == list(messages)
            assert not standing_by.done()
            await reading.aclose()
            assert await soon(standing_by) == list(messages)
    await other.close()


@pytest.mark.parametrize("lost", ["queue", "binding", "exchange", "dead exchange"])
async def test_what_is_missing_is_made_good(broker: RabbitBroker, rabbitmq_url: str, lost: str) -> None:
    await broker.check()
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        if lost == "queue":
            await channel.queue_delete(f"drive.{TARGETS}")
        elif lost == "binding":
            await (await channel.get_queue(f"drive.{TARGETS}")).unbind(EXCHANGE, ONE)
        else:
            await channel.exchange_delete(EXCHANGE if lost == "exchange" else DEAD_EXCHANGE)
        await broker.restore()
        await channel.get_exchange(DEAD_EXCHANGE)
    [message] = numbered(1, ONE)
    await RabbitBroker(rabbitmq_url, {"nobody": ()}).publish([message])
    assert await held(broker, TARGETS, 1) == [message]


async def test_a_queue_of_an_earlier_version_is_emptied_as_it_is_and_then_replaced(rabbitmq_url: str) -> None:
    name = f"drive.{TARGETS}"
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        old: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": 20}
        await channel.declare_queue(name, durable=True, arguments=old)
        await channel.default_exchange.publish(aio_pika.Message(b"kept"), name)
        broker = RabbitBroker(rabbitmq_url, SUBSCRIPTIONS)
        assert [message.body for message in await held(broker, TARGETS, 1)] == [b"kept"]
        await broker.restore()
        with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed):
            await channel.declare_queue(name, durable=True, arguments=old)
    [message] = numbered(1, ONE)
    await broker.publish([message])
    assert await held(broker, TARGETS, 1) == [message]
    await broker.close()


async def test_dead_messages_go_to_the_listener_they_were_meant_for_and_the_others_stay(
    broker: RabbitBroker, rabbitmq_url: str
) -> None:
    await broker.check()
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        for queue in (TARGETS, NOTIFICATIONS):
            death: dict[str, Any] = {
                "x-death": [{"queue": f"drive.{queue}", "reason": "delivery_limit", "routing-keys": [BOTH]}]
            }
            dead = aio_pika.Message(queue.encode(), headers=death, message_id="7")
            await channel.default_exchange.publish(dead, DEAD_EXCHANGE)
    kept: list[tuple[EventMessage, str]] = []

    async def keep(message: EventMessage, reason: str) -> None:
        kept.append((message, reason))

    assert await broker.take_dead(TARGETS, keep) == 1
    assert kept == [(EventMessage("7", BOTH, b"targets"), "RabbitMQ gave up on it: delivery_limit")]
    await eventually(lambda: count_dead(broker), 1)
    assert await broker.take_dead(NOTIFICATIONS, keep) == 1
    await eventually(lambda: count_dead(broker), 0)


async def test_a_dead_message_that_cannot_be_kept_stays_with_the_broker(
    broker: RabbitBroker, rabbitmq_url: str
) -> None:
    await broker.check()
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"dead"), DEAD_EXCHANGE)

    async def keep(message: EventMessage, reason: str) -> None:
        raise Unavailable("the database is away")

    with pytest.raises(Unavailable):
        await broker.take_dead(TARGETS, keep)
    await eventually(lambda: count_dead(broker), 1)
