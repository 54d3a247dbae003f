"""What both brokers keep.

RabbitMQ confirms once it holds a message, the in-process broker once it is acknowledged: so tests publish in a task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.messaging.broker import Broker, EventMessage, Inbox, ReceivedMessage
from tests.support.brokers import BOTH, NOTIFICATIONS, ONE, TARGETS, UNBOUND
from tests.support.events import numbered
from tests.support.waiting import running, soon


async def take_exactly(inbox: Inbox, count: int) -> list[ReceivedMessage]:
    """Take until there are so many."""
    taken: list[ReceivedMessage] = []
    while len(taken) < count:
        taken += await soon(inbox.take(count - len(taken)))
    return taken


def messages_of(deliveries: Sequence[ReceivedMessage]) -> list[EventMessage]:
    """Without the marks of the inbox."""
    return [delivery.message for delivery in deliveries]


def by_number(deliveries: Sequence[ReceivedMessage]) -> list[EventMessage]:
    """What came back may have been overtaken by what came new: in the order of publication all the same."""
    return sorted(messages_of(deliveries), key=lambda message: int(message.body))


async def test_messages_arrive_byte_for_byte_in_the_order_they_were_published(broker: Broker) -> None:
    messages = numbered(150, ONE)
    async with running(broker.publish(messages)) as publishing, broker.subscribe(TARGETS) as inbox:
        taken = await take_exactly(inbox, 150)
        await inbox.acknowledge(taken)
        await soon(publishing)
    assert messages_of(taken) == list(messages)


async def test_two_types_keep_their_order_within_a_queue(broker: Broker) -> None:
    messages = [m for pair in zip(numbered(20, ONE), numbered(20, BOTH), strict=True) for m in pair]
    async with (
        running(broker.publish(messages)),
        broker.subscribe(TARGETS) as inbox,
    ):
        assert messages_of(await take_exactly(inbox, 40)) == messages


async def test_every_queue_bound_to_a_type_gets_the_message(broker: Broker) -> None:
    messages = numbered(3, BOTH)
    async with (
        running(broker.publish(messages)) as publishing,
        broker.subscribe(TARGETS) as one,
        broker.subscribe(NOTIFICATIONS) as other,
    ):
        for inbox in (one, other):
            taken = await take_exactly(inbox, 3)
            assert messages_of(taken) == list(messages)
            await inbox.acknowledge(taken)
        await soon(publishing)


async def test_a_queue_gets_only_the_types_it_is_bound_to(broker: Broker) -> None:
    only_one, both = numbered(1, ONE), numbered(1, BOTH)
    async with running(broker.publish([*only_one, *both])), broker.subscribe(NOTIFICATIONS) as inbox:
        assert messages_of(await take_exactly(inbox, 1)) == list(both)


async def test_a_type_without_a_queue_is_published_without_error(broker: Broker) -> None:
    await soon(broker.publish(numbered(1, UNBOUND)))
    await broker.check()


async def test_take_gives_no_more_than_it_was_asked_for(broker: Broker) -> None:
    async with running(broker.publish(numbered(5, ONE))), broker.subscribe(TARGETS) as inbox:
        assert 1 <= len(await soon(inbox.take(2))) <= 2


async def test_take_waits_until_something_arrives(broker: Broker) -> None:
    async with broker.subscribe(TARGETS) as inbox, running(inbox.take(1)) as taking:
        messages = numbered(1, ONE)
        async with running(broker.publish(messages)):
            assert messages_of(await soon(taking)) == list(messages)


async def test_what_was_taken_and_not_acknowledged_comes_again_and_says_so(broker: Broker) -> None:
    messages = numbered(5, ONE)
    async with running(broker.publish(messages)) as publishing:
        async with broker.subscribe(TARGETS) as inbox:
            await take_exactly(inbox, 3)
        async with broker.subscribe(TARGETS) as inbox:
            again = await take_exactly(inbox, 5)
            await inbox.acknowledge(again)
        await soon(publishing)
    assert by_number(again) == list(messages)
    assert {d.message.body for d in again if d.times_returned == 1} >= {message.body for message in messages[:3]}


async def test_what_was_acknowledged_does_not_come_again_though_the_reader_stops_in_mid_batch(broker: Broker) -> None:
    messages = numbered(10, ONE)
    async with running(broker.publish(messages)) as publishing:
        async with broker.subscribe(TARGETS) as inbox:
            await inbox.acknowledge(await take_exactly(inbox, 4))
            await take_exactly(inbox, 3)
        async with broker.subscribe(TARGETS) as inbox:
            rest = await take_exactly(inbox, 6)
            await inbox.acknowledge(rest)
        await soon(publishing)
    assert by_number(rest) == list(messages[4:])


async def test_a_take_that_is_cancelled_loses_nothing(broker: Broker) -> None:
    messages = numbered(20, ONE)
    async with running(broker.publish(messages)):
        async with broker.subscribe(TARGETS) as inbox:
            for _ in range(5):
                taking = asyncio.create_task(inbox.take(2))
                await asyncio.sleep(0)
                taking.cancel()
                await asyncio.gather(taking, return_exceptions=True)
        async with broker.subscribe(TARGETS) as inbox:
            assert by_number(await take_exactly(inbox, 20)) == list(messages)


async def test_messages_of_several_publishers_all_arrive_each_ones_in_order(broker: Broker) -> None:
    flows = [numbered(20, ONE) for _ in range(5)]
    publishing = asyncio.gather(*(broker.publish(flow) for flow in flows))
    async with broker.subscribe(TARGETS) as inbox:
        taken = await take_exactly(inbox, 100)
        await inbox.acknowledge(taken)
        await soon(publishing)
    arrived = messages_of(taken)
    for flow in flows:
        assert [message for message in arrived if message in flow] == list(flow)
