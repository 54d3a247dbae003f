"""The broker within the process: when it confirms."""

from __future__ import annotations

import pytest

from services.messaging.broker import BrokerUnavailable
from services.messaging.in_process import InProcessBroker
from tests.support.brokers import BOTH, NOTIFICATIONS, ONE, SUBSCRIPTIONS, TARGETS
from tests.support.events import numbered
from tests.support.waiting import running, soon


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
