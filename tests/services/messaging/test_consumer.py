"""The consumer on both brokers: every event takes effect, or is kept as a dead letter and reported."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import Row, text

from services import waiting
from services.context import Context
from services.contracts.enrolment import EnrolmentCorrected, EnrolmentRecorded
from services.contracts.envelope import Event
from services.contracts.events import EVENT
from services.contracts.registry import UnitRegistered
from services.ids import new_id
from services.messaging import consumer as consumer_module
from services.messaging import dead_letters
from services.messaging import retries as retries_module
from services.messaging.broker import Broker, BrokerUnavailable, EventMessage
from services.messaging.consumer import Apart, Handlers
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork
from tests.support.brokers import TARGETS, Watched
from tests.support.clock import SettableClock
from tests.support.effects import Effects, create_effects
from tests.support.events import a_message, a_sign_up, a_unit, raw
from tests.support.postgres import PrivatePostgres, migrate_chassis
from tests.support.waiting import eventually, running, soon, unless_failed


@pytest_asyncio.fixture
async def effects(database: Database) -> Effects:
    """Handlers, and the table of their effects."""
    await create_effects(database)
    return Effects(database)


@pytest.fixture
def clock() -> SettableClock:
    """Time moves when the test says so."""
    return SettableClock()


async def consume_all(
    effects: Effects,
    broker: Broker,
    clock: SettableClock,
    messages: Sequence[EventMessage],
    handlers: Handlers | None = None,
) -> None:
    """Publish, and let a consumer work until all is acknowledged. Raises at once what either of them raises."""
    watched = Watched(broker)
    consumer = effects.consumer(TARGETS, watched, clock, handlers)
    async with running(watched.publish(messages)) as publishing, running(consumer.run()) as work:
        await unless_failed(watched.acknowledged(len(messages)), publishing, work)
        consumer.stop()
        await soon(work)


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


async def kept(database: Database) -> Sequence[Row[tuple[str, str, str, int]]]:
    """The rows of `dead_letters`."""
    async with database.read() as session:
        return (await session.execute(text("SELECT * FROM dead_letters ORDER BY id"))).all()


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


async def test_what_fails_after_a_handler_apart_is_kept_alone(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    handlers = effects.handlers()
    effects.poison = {"CT-1"}
    apart: Handlers = {UnitRegistered: Apart(handlers[UnitRegistered]), EnrolmentRecorded: effects.apply}
    batch = a_message(a_sign_up("CT-1"), a_unit("38"), a_sign_up("CT-2"))
    await consume_all(effects, broker, clock, [batch], apart)
    assert await effects.subjects() == ["38", "CT-2"]
    assert len(await kept(database)) == 1


async def test_one_failing_event_does_not_affect_the_others_of_its_batch(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    effects.poison = {"CT-13"}
    events = [a_sign_up(f"CT-{number}") for number in range(30)]
    await consume_all(effects, broker, clock, [a_message(*events)])
    assert await effects.subjects() == [event.subject for event in events if event.subject != "CT-13"]
    [row] = await kept(database)
    assert EVENT.validate_json(row.body) == events[13]
    assert (row.attempts, row.retry_at) == (1, clock.now() + dead_letters.RETRY_DELAYS[0])
    assert "cannot handle CT-13" in row.error


async def test_an_event_that_takes_the_database_too_long_is_kept_and_does_not_hold_up_its_queue(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    effects.endless = {"CT-2"}
    events = [a_sign_up(f"CT-{number}") for number in range(5)]
    await consume_all(effects, broker, clock, [a_message(*events), a_message(a_sign_up("CT-5"))])
    assert await effects.subjects() == ["CT-0", "CT-1", "CT-3", "CT-4", "CT-5"]
    [row] = await kept(database)
    assert EVENT.validate_json(row.body) == events[2]
    assert row.retry_at == clock.now() + dead_letters.RETRY_DELAYS[0]


async def test_a_kept_event_is_tried_again_with_growing_delays_and_then_waits_for_a_person(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries_module, "POLL_SECONDS", 0.001)
    effects.poison = {"CT-1"}
    await consume_all(effects, broker, clock, [a_message(a_sign_up("CT-1"))])

    async def state() -> tuple[int, timedelta | None]:
        [row] = await kept(database)
        return row.attempts, row.retry_at and row.retry_at - clock.now()

    async with running(effects.retries(TARGETS, broker, clock).run()):
        for attempts, delay in enumerate(dead_letters.RETRY_DELAYS, start=1):
            await eventually(state, (attempts, delay))
            clock.advance(delay)
        await eventually(state, (len(dead_letters.RETRY_DELAYS) + 1, None))
    assert len(effects.runs) == len(dead_letters.RETRY_DELAYS) + 1
    assert await effects.subjects() == []
    async with database.read() as session:
        assert await dead_letters.count(session) == (1, 0)


async def test_the_delays_before_another_try_grow() -> None:
    assert list(dead_letters.RETRY_DELAYS) == sorted(set(dead_letters.RETRY_DELAYS))


async def test_a_kept_event_takes_effect_once_when_what_ailed_it_is_gone(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries_module, "POLL_SECONDS", 0.001)
    effects.poison = {"CT-1"}
    await consume_all(effects, broker, clock, [a_message(a_sign_up("CT-1"), a_sign_up("CT-2"))])
    effects.poison = set()
    clock.advance(dead_letters.RETRY_DELAYS[0])

    async def left() -> int:
        return len(await kept(database))

    async with running(effects.retries(TARGETS, broker, clock).run()):
        await eventually(left, 0)
    assert sorted(await effects.subjects()) == ["CT-1", "CT-2"]


async def test_an_event_of_a_type_without_a_handler_is_kept_with_that_reason(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    foreign = a_sign_up().model_dump(mode="json") | {"type": "drive.weather.changed.v1"}
    await consume_all(effects, broker, clock, [raw(json.dumps([foreign])), a_message(a_sign_up("CT-1"))])
    assert await effects.subjects() == ["CT-1"]
    [row] = await kept(database)
    assert json.loads(row.body) == foreign
    assert "drive.weather.changed.v1" in row.error
    assert row.retry_at is None


BROKEN = {
    "a required field is missing": (b'[{"specversion": "1.0", "type": "drive.enrolment.recorded.v1"}]', "subject"),
    "not JSON": (b"good morning", "not JSON"),
    "cut short": (b'[{"specversion": "1.0"', "not JSON"),
    "not UTF-8": (b'["\xff\xfe\xfd"]', "JSON"),
    "empty": (b"", "not JSON"),
    "not a batch": (b'{"specversion": "1.0"}', "array is expected"),
    "not an event": (b'["an event?"]', ""),
    "NUL bytes": (b'[{"type": "drive.enrolment.recorded.v1", "subject": "a\\u0000b"}]', ""),
    "raw NUL bytes": (b"\x00\x00\x00", "not JSON"),
    "NUL in its type": (b'[{"type": "drive\\u0000"}]', ""),
    "half a surrogate pair": (b'[{"type": "drive.\\ud800", "subject": "\\udfff"}]', ""),
    "half a surrogate pair as a field": (b'[{"type": "drive.enrolment.recorded.v1", "subject": "\\udfff"}]', ""),
    "nested too deeply": (b"[" * 100_000, "recursion"),
    "a number too long": (b"[" + b"9" * 10_000 + b"]", ""),
}


@pytest.mark.parametrize("body", [body for body, _ in BROKEN.values()], ids=list(BROKEN))
async def test_what_cannot_be_parsed_is_kept_with_its_reason_and_what_follows_takes_effect(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database, body: bytes
) -> None:
    await consume_all(effects, broker, clock, [raw(body), a_message(a_sign_up("CT-1"))])
    assert await effects.subjects() == ["CT-1"]
    [row] = await kept(database)
    reason = next(reason for known, reason in BROKEN.values() if known == body)
    assert row.error
    assert reason in row.error
    assert dead_letters.raw_of(row.raw, row.body) in (body, body[1:-1])
    assert row.retry_at is None
    assert row.type == "drive.enrolment.recorded.v1"


async def test_a_broken_event_is_kept_byte_for_byte_and_those_of_its_message_take_effect(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    good, broken = a_sign_up("CT-1").model_dump(mode="json"), {"type": "drive.enrolment.recorded.v1", "subject": "Cẩm"}
    await consume_all(effects, broker, clock, [raw(json.dumps([good, broken, good | {"subject": "CT-2"}]))])
    assert await effects.subjects() == ["CT-1", "CT-2"]
    [row] = await kept(database)
    assert json.loads(row.body) == broken


async def test_an_empty_batch_is_acknowledged(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    await consume_all(effects, broker, clock, [raw(b"[]"), a_message(a_sign_up("CT-1"))])
    assert await effects.subjects() == ["CT-1"]
    assert await kept(database) == []


async def test_what_comes_again_while_it_is_kept_is_not_kept_twice(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    effects.poison = {"CT-1"}
    poisonous, broken = a_message(a_sign_up("CT-1")), raw(b"not JSON")
    await consume_all(effects, broker, clock, [poisonous, broken])
    await consume_all(effects, broker, clock, [poisonous, broken])
    assert len(await kept(database)) == 2


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
