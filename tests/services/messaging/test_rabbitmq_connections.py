"""Connections to RabbitMQ that are cut, silent or never made, and a broker that restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

import aio_pika
import pytest
import pytest_asyncio

from services.contracts.subscriptions import EXCHANGE
from services.messaging.broker import BrokerUnavailable
from services.messaging.rabbitmq import RabbitBroker
from tests.services.messaging.steps import held, is_readable, is_ready, read_for_ever
from tests.support.brokers import BOTH, NOTIFICATIONS, ONE, SUBSCRIPTIONS, TARGETS
from tests.support.events import numbered
from tests.support.logged import logged, outages_in
from tests.support.processes import free_port
from tests.support.proxy import Proxy, proxy_to
from tests.support.rabbitmq_node import PrivateRabbit
from tests.support.waiting import eventually, running, soon


@pytest_asyncio.fixture
async def proxied(rabbitmq_url: str) -> AsyncIterator[tuple[Proxy, RabbitBroker]]:
    """A broker behind a proxy whose connections can be closed."""
    url = urlsplit(rabbitmq_url)
    async with proxy_to(url.hostname or "localhost", url.port or 5672) as (proxy, port):
        user = url.netloc.rpartition("@")[0]
        opened = RabbitBroker(url._replace(netloc=f"{user}@127.0.0.1:{port}").geturl(), SUBSCRIPTIONS, timeout=1.0)
        yield proxy, opened
        await opened.close()


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


async def test_a_connection_that_was_cut_is_noticed_by_readiness_and_made_anew_by_the_next_check(
    proxied: tuple[Proxy, RabbitBroker],
) -> None:
    proxy, broker = proxied
    await broker.check()
    proxy.cut()
    with logged() as lines:
        await eventually(partial(is_ready, broker), False)
    assert outages_in(lines) == [("outage_began", "broker")]
    assert broker.outage.reason == "the connection to RabbitMQ is closed"
    await broker.check()
    assert broker.outage.reason is None


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
