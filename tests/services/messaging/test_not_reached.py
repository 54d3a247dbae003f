"""A broker that cannot be reached is named by address and setting, without the password, with what to correct."""

from __future__ import annotations

import gc

import aio_pika
import pytest
from yarl import URL

from services.messaging.broker import BrokerUnavailable
from services.messaging.rabbitmq import RabbitBroker
from tests.support.brokers import SUBSCRIPTIONS
from tests.support.processes import free_port
from tests.support.proxy import proxy_to
from tests.support.waiting import soon

SECRET = "hidden-word"


async def complaint(url: URL, *, patience: float = 10.0) -> str:
    """What readiness says of the broker at the URL."""
    broker = RabbitBroker(str(url), SUBSCRIPTIONS, timeout=patience)
    with pytest.raises(BrokerUnavailable) as refused:
        await soon(broker.check())
    await broker.close()
    assert SECRET not in refused.value.detail
    return refused.value.detail


async def test_a_port_where_nothing_listens() -> None:
    port = free_port()
    said = await complaint(URL(f"amqp://drive:{SECRET}@127.0.0.1:{port}/"))
    assert said == f"cannot reach RabbitMQ at 127.0.0.1:{port} (AMQP_URL): connection refused"


async def test_a_host_that_is_not_known() -> None:
    said = await complaint(URL(f"amqp://drive:{SECRET}@broker.invalid/"))
    assert said == "cannot reach RabbitMQ at broker.invalid:5672 (AMQP_URL): there is no host of this name"


async def test_a_server_that_does_not_answer(rabbitmq_url: str) -> None:
    url = URL(rabbitmq_url)
    async with proxy_to(url.host or "", url.port or 5672) as (proxy, port):
        proxy.stall()
        said = await complaint(url.with_host("127.0.0.1").with_port(port), patience=0.5)
    assert said == f"cannot reach RabbitMQ at 127.0.0.1:{port} (AMQP_URL): no answer in time"


async def test_a_password_that_is_wrong(rabbitmq_url: str) -> None:
    said = await complaint(URL(rabbitmq_url).with_password(SECRET))
    assert "refuses user or password; correct them in AMQP_URL" in said


async def test_a_vhost_that_is_not_there(rabbitmq_url: str) -> None:
    said = await complaint(URL(rabbitmq_url).with_path("/never-made"))
    assert "(AMQP_URL) refuses the vhost /never-made: it does not exist, or the user has no rights there" in said


async def test_tls_where_the_server_has_none(rabbitmq_url: str) -> None:
    said = await complaint(URL(rabbitmq_url).with_scheme("amqps"))
    assert "cannot reach RabbitMQ at" in said
    assert "TLS failed" in said


@pytest.mark.parametrize("listens", [False, True])
async def test_a_connection_that_was_not_made_is_closed_and_not_left_to_the_garbage_collector(
    rabbitmq_url: str, listens: bool
) -> None:
    url = URL(rabbitmq_url)
    async with proxy_to(url.host or "", url.port or 5672) as (proxy, port):
        proxy.stall()
        broker = RabbitBroker(str(url.with_port(port if listens else free_port())), SUBSCRIPTIONS, timeout=0.5)
        with pytest.raises(BrokerUnavailable) as refused:
            await soon(broker.check())
        await broker.close()
    tried = [
        found for found in gc.get_objects() if isinstance(found, aio_pika.Connection) and str(found.url) == broker.url
    ]
    assert [connection.is_closed for connection in tried] == [True], refused
