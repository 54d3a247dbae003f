"""How far a listener lags behind: the age of what it has in hand, and what waits in its queue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.messaging.broker import Broker
from services.persistence.database import Database
from tests.support.brokers import SUBSCRIPTIONS, TARGETS
from tests.support.clock import SettableClock
from tests.support.effects import Effects, create_effects
from tests.support.events import a_message, a_unit
from tests.support.waiting import eventually, running, soon


async def test_the_lag_grows_while_a_batch_is_in_hand_and_is_forgotten_a_minute_after_it(
    broker: Broker, database: Database
) -> None:
    await create_effects(database)
    effects = Effects(database)
    clock = SettableClock()
    event = a_unit().model_copy(update={"time": clock.now() - timedelta(seconds=30)})
    consumer = effects.consumer(TARGETS, broker, clock)

    def lag() -> float | None:
        return consumer.metrics.registry.get_sample_value("drive_consumer_lag_seconds")

    assert lag() == 0
    effects.gate.clear()
    async with running(consumer.run()), running(broker.publish([a_message(event)])):
        await soon(effects.entered.wait())
        assert lag() == pytest.approx(30, abs=1)
        clock.advance(timedelta(seconds=300))
        assert lag() == pytest.approx(330, abs=1)
        effects.gate.set()
        await eventually(effects.subjects, ["15142"])
        assert lag() == pytest.approx(330, abs=1)
        clock.advance(timedelta(seconds=61))

        async def forgotten() -> bool:
            return lag() == 0

        await eventually(forgotten, True)


async def test_a_batch_that_goes_back_to_its_queue_is_no_lag_of_its_consumer_any_more(
    broker: Broker, database: Database
) -> None:
    await create_effects(database)
    effects, clock = Effects(database), SettableClock()
    event = a_unit().model_copy(update={"time": clock.now() - timedelta(seconds=30)})
    consumer = effects.consumer(TARGETS, broker, clock)
    effects.gate.clear()
    async with running(broker.publish([a_message(event)])):
        async with running(consumer.run()):
            await soon(effects.entered.wait())
            assert consumer.lag() == pytest.approx(30, abs=1)
        assert consumer.lag() == 0


async def test_messages_that_wait_in_a_queue_are_counted(broker: Broker) -> None:
    await broker.restore()
    async with running(broker.publish([a_message(a_unit(f"{number}")) for number in range(3)])):

        async def waiting() -> int:
            return (await broker.count(TARGETS)).waiting

        await eventually(waiting, 3)
    assert TARGETS in SUBSCRIPTIONS
