"""Whoever knows no more than the AsyncAPI document and has the official SDK of CloudEvents understands every event."""

from __future__ import annotations

import json

import aio_pika

from services.asyncapi.document import document
from services.contracts.events import EVENT, EVENT_TYPES
from services.contracts.subscriptions import BINDINGS
from services.messaging.outbox import emit
from services.messaging.rabbitmq import RabbitBroker
from services.messaging.relay import Relay
from tests.conftest import MakeRuntime
from tests.services.asyncapi.schemas import content_type_of, parsed, refusals
from tests.services.asyncapi.test_document import GOLDEN
from tests.support.waiting import running, soon


async def test_every_event_that_a_consumer_of_its_own_gets_is_as_the_document_says(
    make_runtime: MakeRuntime, rabbitmq_url: str
) -> None:
    runtime = await make_runtime("notifications")
    broker = RabbitBroker(rabbitmq_url, BINDINGS)
    await broker.check()
    exchange_of = document()["channels"]["drive.alert.raised.v1"]["bindings"]["amqp"]["exchange"]["name"]
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(exchange_of, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(exclusive=True)
        for name in EVENT_TYPES:
            await queue.bind(exchange, document()["channels"][name]["address"])
        async with runtime.database.write() as work:
            await emit(work, [EVENT.validate_json((GOLDEN / f"{name}.json").read_text()) for name in EVENT_TYPES])
        async with running(Relay(runtime.database, broker, runtime.metrics).run()), queue.iterator() as messages:
            got = [await soon(anext(messages)) for _ in EVENT_TYPES]
    await broker.close()
    assert {message.routing_key for message in got} == set(EVENT_TYPES)
    for message in got:
        name = str(message.routing_key)
        assert message.content_type == content_type_of(name) == "application/cloudevents-batch+json"
        payload = json.loads(message.body)
        assert {event.get_type() for event in parsed(payload)} == {name}
        assert refusals(name, payload) == []
