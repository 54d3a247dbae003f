"""What only RabbitMQ can do: restart, lose connections, stop answering, lose a queue, dead-letter a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import pytest
import pytest_asyncio
from pamqp.common import FieldTable

from services.contracts.subscriptions import EXCHANGE
from services.errors import Unavailable
from services.messaging.broker import Broker, BrokerUnavailable, EventMessage, Inbox, ReceivedMessage
from services.messaging.in_process import InProcessBroker
from services.messaging.rabbitmq import RabbitBroker
from services.messaging.topology import DEAD_EXCHANGE
from tests.support.brokers import BOTH, NOTIFICATIONS, ONE, SUBSCRIPTIONS, TARGETS
from tests.support.events import numbered
from tests.support.processes import free_port
from tests.support.proxy import Proxy, proxy_to
from tests.support.rabbitmq_node import PrivateRabbit
from tests.support.waiting import eventually, running, soon


@pytest_asyncio.fixture
async def broker(rabbitmq_url: str) -> AsyncIterator[RabbitBroker]:
    """The broker itself."""
    opened = RabbitBroker(rabbitmq_url, SUBSCRIPTIONS)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def proxied(rabbitmq_url: str) -> AsyncIterator[tuple[Proxy, RabbitBroker]]:
    """A broker behind a proxy whose connections can be closed."""
    url = urlsplit(rabbitmq_url)
    async with proxy_to(url.hostname or "localhost", url.port or 5672) as (proxy, port):
        user = url.netloc.rpartition("@")[0]
        opened = RabbitBroker(url._replace(netloc=f"{user}@127.0.0.1:{port}").geturl(), SUBSCRIPTIONS, timeout=1.0)
        yield proxy, opened
        await opened.close()


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


async def count_dead(broker: RabbitBroker) -> int:
    """Messages in `drive.dead`."""
    return (await broker.count(TARGETS)).dead


async def test_what_was_confirmed_outlives_a_crash_and_everything_recovers(private_rabbitmq: PrivateRabbit) -> None:
    broker = RabbitBroker(private_rabbitmq.url, SUBSCRIPTIONS, timeout=2)
    before, after = numbered(20, BOTH), numbered(5, ONE)
    await broker.publish(before)
    async with broker.subscribe(NOTIFICATIONS) as inbox, running(read_for_ever(inbox)) as reading:
        await asyncio.to_thread(private_rabbitmq.stop, immediate=True)
        with pytest.raises(BrokerUnavailable):
            await soon(reading)
    with pytest.raises(BrokerUnavailable):
        await soon(broker.publish(after))
    with pytest.raises(BrokerUnavailable):
        await soon(broker.check())
    await asyncio.to_thread(private_rabbitmq.start)
    for queue in (TARGETS, NOTIFICATIONS):
        await eventually(partial(is_readable, broker, queue), True)
    await broker.publish(after)
    assert await held(broker, TARGETS, 25) == [*before, *after]
    assert await held(broker, NOTIFICATIONS, 20) == list(before)
    await broker.close()


async def test_a_broker_that_is_not_there_is_unavailable_in_every_way() -> None:
    broker = RabbitBroker(f"amqp://guest:guest@127.0.0.1:{free_port()}/", SUBSCRIPTIONS, timeout=2)
    with pytest.raises(BrokerUnavailable):
        await broker.publish(numbered(1, ONE))
    with pytest.raises(BrokerUnavailable):
        await broker.check()
    with pytest.raises(BrokerUnavailable):
        async with broker.subscribe(TARGETS):
            raise AssertionError("there is nothing to subscribe to")


async def test_a_cut_connection_ends_the_subscription(proxied: tuple[Proxy, RabbitBroker]) -> None:
    proxy, broker = proxied
    async with broker.subscribe(TARGETS) as inbox, running(inbox.take(1)) as taking:
        proxy.cut()
        with pytest.raises(BrokerUnavailable):
            await soon(taking)


async def test_what_cannot_be_acknowledged_any_more_says_so_and_comes_again(
    proxied: tuple[Proxy, RabbitBroker],
) -> None:
    proxy, broker = proxied
    messages = numbered(1, ONE)
    await broker.publish(messages)
    async with broker.subscribe(TARGETS) as inbox:
        taken = await soon(inbox.take(1))
        async with running(inbox.take(1)) as taking:
            proxy.cut()
            with pytest.raises(BrokerUnavailable):
                await soon(taking)
        with pytest.raises(BrokerUnavailable):
            await inbox.acknowledge(taken)
    assert await held(broker, TARGETS, 1) == list(messages)


async def test_publishing_works_again_after_the_connection_was_cut(proxied: tuple[Proxy, RabbitBroker]) -> None:
    proxy, broker = proxied
    first, second, third = numbered(3, ONE)
    await broker.publish([first])
    proxy.cut()
    with pytest.raises(BrokerUnavailable):
        await soon(broker.publish([second]))
    await broker.publish([third])
    assert await held(broker, TARGETS, 2) == [first, third]


async def test_a_connection_that_is_open_but_dead_times_out(proxied: tuple[Proxy, RabbitBroker]) -> None:
    proxy, broker = proxied
    first, second, third = numbered(3, ONE)
    await broker.publish([first])
    proxy.stall()
    with pytest.raises(BrokerUnavailable):
        await soon(broker.publish([second]))
    proxy.cut()
    proxy.flow()
    await broker.publish([third])
    arrived = await held(broker, TARGETS, 2)
    assert arrived[0] == first
    assert third in arrived or (arrived[1] == second and await held(broker, TARGETS, 1) == [third])


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


async def test_a_publisher_that_cannot_declare_its_queues_leaves_no_connection_behind(rabbitmq_url: str) -> None:
    url = urlsplit(rabbitmq_url)
    async with (
        await aio_pika.connect(rabbitmq_url) as connection,
        proxy_to(url.hostname or "localhost", url.port or 5672) as (proxy, port),
    ):
        channel = await connection.channel()
        await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.FANOUT)
        user = url.netloc.rpartition("@")[0]
        broker = RabbitBroker(url._replace(netloc=f"{user}@127.0.0.1:{port}").geturl(), SUBSCRIPTIONS)
        for _ in range(3):
            with pytest.raises(BrokerUnavailable):
                await broker.check()
        await eventually(proxy.open_connections, 0)


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
    with pytest.raises(BrokerUnavailable):
        await broker.publish([lost])
    await broker.publish([kept])
    assert await held(broker, TARGETS, 1) == [kept]


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


async def test_a_silent_connection_is_noticed_by_its_heartbeat(rabbitmq_url: str) -> None:
    url = urlsplit(rabbitmq_url)
    async with proxy_to(url.hostname or "localhost", url.port or 5672) as (proxy, port):
        user = url.netloc.rpartition("@")[0]
        behind = url._replace(netloc=f"{user}@127.0.0.1:{port}").geturl()
        broker = RabbitBroker(behind, SUBSCRIPTIONS, heartbeat=1)
        async with broker.subscribe(TARGETS) as inbox, running(inbox.take(1)) as taking:
            proxy.stall()
            with pytest.raises(BrokerUnavailable):
                await soon(taking)
            proxy.cut()


async def test_the_heartbeat_is_short_unless_the_url_says_otherwise(rabbitmq_url: str) -> None:
    assert "heartbeat=6" in RabbitBroker(rabbitmq_url, SUBSCRIPTIONS).url
    assert "heartbeat=42" in RabbitBroker(f"{rabbitmq_url}?heartbeat=42", SUBSCRIPTIONS).url


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


async def test_in_process_nothing_is_confirmed_before_every_queue_has_acknowledged_it() -> None:
    broker = InProcessBroker(SUBSCRIPTIONS)
    async with (
        running(broker.publish(numbered(1, BOTH))) as publishing,
        broker.subscribe(TARGETS) as one,
        broker.subscribe(NOTIFICATIONS) as other,
    ):
        await one.acknowledge(await soon(one.take(1)))
        taken = await soon(other.take(1))
        assert not publishing.done()
        await other.acknowledge(taken)
        await soon(publishing)


async def test_in_process_what_is_not_acknowledged_in_time_is_refused_and_taken_back() -> None:
    broker = InProcessBroker(SUBSCRIPTIONS, confirm_timeout=0.01)
    first, second = numbered(2, ONE)
    with pytest.raises(BrokerUnavailable):
        await broker.publish([first])
    async with running(broker.publish([second])), broker.subscribe(TARGETS) as inbox:
        assert [delivery.message for delivery in await soon(inbox.take(2))] == [second]


async def delete_queue(url: str, name: str) -> None:
    """As an operator would."""
    async with await aio_pika.connect(url) as connection:
        await (await connection.channel()).queue_delete(name)
