"""The consumer on both brokers: in which order and units of work events take effect, whatever ends meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from services import waiting
from services.context import Context
from services.contracts.enrolment import EnrolmentCorrected, EnrolmentRecorded
from services.contracts.envelope import Event
from services.contracts.registry import UnitRegistered
from services.ids import new_id
from services.messaging import consumer as consumer_module
from services.messaging.broker import Broker, BrokerUnavailable, EventMessage
from services.messaging.consumer import Apart, Handlers
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork
from tests.services.messaging.consuming import consume_all, kept
from tests.support.brokers import TARGETS, Watched
from tests.support.clock import SettableClock
from tests.support.effects import Effects, create_effects
from tests.support.events import a_message, a_sign_up, a_unit, raw
from tests.support.postgres import PrivatePostgres, migrate_chassis
from tests.support.waiting import running, soon, unless_failed


class _Refusing(Watched):
    """Publishing fails, as when RabbitMQ refuses a connection."""

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        """Raises BrokerUnavailable."""
        raise BrokerUnavailable(f"refused by the test: {len(messages)} messages")


async def test_a_failure_to_publish_is_the_failure_of_the_test(
    effects: Effects, broker: Broker, clock: SettableClock
) -> None:
    with pytest.raises(BrokerUnavailable, match="refused by the test"):
        await consume_all(effects, _Refusing(broker), clock, [a_message(a_sign_up())])


async def test_a_batch_is_one_unit_of_work_and_keeps_its_order(
    effects: Effects, broker: Broker, clock: SettableClock
) -> None:
    events = [a_sign_up(f"CT-{number}") for number in range(50)]
    await consume_all(effects, broker, clock, [a_message(*events)])
    assert await effects.subjects() == [event.subject for event in events]
    assert await effects.units_of_work() == 1
    assert effects.runs == [[event.subject for event in events]]


async def test_events_of_a_type_take_effect_in_the_order_they_were_published(
    effects: Effects, broker: Broker, clock: SettableClock
) -> None:
    messages = [a_message(a_sign_up(f"{n}")) if n % 2 else a_message(a_unit(f"{n}")) for n in range(60)]
    await consume_all(effects, broker, clock, messages)
    subjects = [int(subject) for subject in await effects.subjects()]
    assert [n for n in subjects if n % 2] == list(range(1, 60, 2))
    assert [n for n in subjects if not n % 2] == list(range(0, 60, 2))


async def test_within_a_batch_types_are_handled_in_the_order_of_the_handlers(
    effects: Effects, broker: Broker, clock: SettableClock
) -> None:
    await consume_all(effects, broker, clock, [a_message(a_unit("38"), a_sign_up("CT-1"), a_unit("15142"))])
    assert effects.runs == [["CT-1"], ["38", "15142"]]
    assert await effects.units_of_work() == 1


async def test_types_of_one_handler_are_handled_together(
    effects: Effects, broker: Broker, clock: SettableClock
) -> None:
    corrected = a_sign_up("CT-1")
    fields = corrected.model_dump(exclude={"type", "id"})
    events = [a_sign_up("CT-0"), a_unit("38"), EnrolmentCorrected(**fields, id=new_id()), a_sign_up("CT-2")]
    await consume_all(effects, broker, clock, [a_message(*events)])
    assert effects.runs == [["CT-0", "CT-1", "CT-2"], ["38"]]


async def test_a_handler_apart_has_committed_before_the_next_one_begins(
    effects: Effects, broker: Broker, clock: SettableClock
) -> None:
    seen: list[list[str]] = []

    async def look_first(work: UnitOfWork, context: Context, events: Sequence[Event]) -> None:
        seen.append(await effects.subjects())
        await effects.apply(work, context, events)

    handlers: Handlers = {UnitRegistered: Apart(effects.apply), EnrolmentRecorded: look_first}
    batch = a_message(a_sign_up("CT-1"), a_unit("38"), a_sign_up("CT-2"), a_unit("15142"))
    await consume_all(effects, broker, clock, [batch], handlers)
    assert seen == [["38", "15142"]]
    assert effects.runs == [["38", "15142"], ["CT-1", "CT-2"]]
    assert await effects.units_of_work() == 2


async def test_an_empty_batch_is_acknowledged(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    await consume_all(effects, broker, clock, [raw(b"[]"), a_message(a_sign_up("CT-1"))])
    assert await effects.subjects() == ["CT-1"]
    assert await kept(database) == []


async def test_an_event_that_comes_twice_reaches_the_handler_twice_with_the_same_id(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    event = a_sign_up("CT-1")
    await consume_all(effects, broker, clock, [a_message(event), a_message(event)])
    async with database.read() as session:
        ids = list(await session.scalars(text("SELECT event_id FROM effects")))
    assert ids == [event.id, event.id]


async def test_a_stopped_consumer_finishes_its_batch_and_leaves_the_rest(
    effects: Effects, broker: Broker, clock: SettableClock
) -> None:
    watched = Watched(broker)
    effects.gate.clear()
    messages = [a_message(a_unit(f"{number}")) for number in range(25)]
    async with running(watched.publish(messages)) as publishing:
        first = effects.consumer(TARGETS, watched, clock)
        async with running(first.run()) as work:
            await soon(effects.entered.wait())
            first.stop()
            effects.gate.set()
            await soon(work)
        done = len(await effects.subjects())
        assert 1 <= done <= consumer_module.MESSAGES_PER_BATCH
        second = effects.consumer(TARGETS, watched, clock)
        async with running(second.run()) as work:
            await unless_failed(watched.acknowledged(25), publishing, work)
        await soon(publishing)
    # RabbitMQ gives back what was not acknowledged in its own time: what is published meanwhile may come before it.
    assert sorted(await effects.subjects(), key=int) == [f"{number}" for number in range(25)]


async def test_a_consumer_that_dies_before_it_acknowledges_leaves_the_batch_to_the_next(
    effects: Effects, broker: Broker, clock: SettableClock
) -> None:
    watched = Watched(broker)
    effects.gate.clear()
    async with running(watched.publish([a_message(a_sign_up("CT-1"))])) as publishing:
        async with running(effects.consumer(TARGETS, watched, clock).run()) as work:
            await unless_failed(soon(effects.entered.wait()), publishing, work)
        effects.gate.set()
        async with running(effects.consumer(TARGETS, watched, clock).run()) as work:
            await unless_failed(watched.acknowledged(1), publishing, work)
    assert await effects.subjects() == ["CT-1"]


async def test_a_batch_in_progress_while_the_database_is_away_takes_effect_once_when_it_is_back(
    broker: Broker, clock: SettableClock, private_postgres: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 0.01)
    await migrate_chassis(private_postgres.url)
    database = Database(private_postgres.url)
    await create_effects(database)
    effects, watched = Effects(database), Watched(broker)
    effects.gate.clear()
    events = [a_sign_up(f"CT-{number}") for number in range(5)]
    async with (
        running(watched.publish([a_message(*events), raw(b"broken")])),
        running(effects.consumer(TARGETS, watched, clock).run()) as work,
    ):
        await soon(effects.entered.wait())
        await asyncio.to_thread(private_postgres.stop, immediate=True)
        effects.entered.clear()
        effects.gate.set()
        await asyncio.to_thread(private_postgres.start)
        await watched.acknowledged(2)
        assert not work.done()
    assert await effects.subjects() == [event.subject for event in events]
    assert len(await kept(database)) == 1
    await database.close()
