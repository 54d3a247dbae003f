"""Temporary conditions are waited for, and only an error that an event's own data causes makes a dead letter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from services import waiting
from services.errors import Unavailable
from services.messaging import consumer as consumer_module
from services.messaging import dead_letters
from services.messaging.consumer import Consumer
from services.messaging.dead_letters import MOST_UNFINISHED
from services.messaging.in_process import InProcessBroker
from services.messaging.retries import Retries
from services.persistence.database import Database
from tests.support.brokers import SUBSCRIPTIONS, TARGETS, Watched
from tests.support.clock import SettableClock
from tests.support.effects import Effects
from tests.support.events import a_message, a_sign_up, raw
from tests.support.waiting import eventually, running, soon

NOT_NOW = [
    *("08006", "0A000", "25006", "25P03", "40001", "40P01", "42501", "42703", "42883", "42P01", "53000", "53100"),
    *("53200", "53300", "53400", "54000", "55000", "55006", "55P03", "57014", "57P01", "57P03", "57P04", "57P05"),
    *("58000", "58030", "58P01", "P0001", "XX000", "XX001", "XX002"),
]
OF_THE_DATA = [
    "22000",
    "22001",
    "22003",
    "22021",
    "22P02",
    "22P05",
    "23000",
    "23502",
    "23503",
    "23505",
    "23514",
    "23P01",
]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Pauses are short."""
    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(waiting, "LONGEST_PAUSE_SECONDS", 0.01)
    return Watched(InProcessBroker(SUBSCRIPTIONS))


async def run_sql(database: Database, *statements: str) -> None:
    """As a database administrator would."""
    async with database.write() as work:
        for statement in statements:
            await work.execute(text(statement))


async def refuse(database: Database, state: str, table: str = "effects") -> None:
    """Let every insert into the table fail with this SQLSTATE."""
    body = f"RAISE EXCEPTION 'refused by the test' USING ERRCODE = '{state}'"
    await run_sql(
        database,
        f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$",
        f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()",
    )


async def allow(database: Database) -> None:
    """Let them succeed again."""
    await run_sql(database, "DROP FUNCTION refuse() CASCADE")


async def kept(database: Database) -> Sequence[Any]:
    """The dead letters."""
    async with database.read() as session:
        return (await session.execute(text("SELECT * FROM dead_letters ORDER BY retry_at, id"))).all()


async def state_of(consumer: Consumer) -> str:
    """What readiness says of the consumer."""
    try:
        await consumer.check()
    except Unavailable as error:
        return error.detail
    return "ok"


async def waits(consumer: Consumer) -> bool:
    """Whether it has a batch that cannot be applied."""
    return await state_of(consumer) != "ok"


@asynccontextmanager
async def consuming(effects: Effects, broker: Watched) -> AsyncIterator[Consumer]:
    """A consumer at work for the time of the block."""
    consumer = effects.consumer(TARGETS, broker, SettableClock())
    async with running(consumer.run()):
        yield consumer


@pytest.mark.parametrize("state", NOT_NOW)
async def test_a_temporary_error_is_waited_out_and_reported(
    effects: Effects, broker: Watched, database: Database, state: str
) -> None:
    await refuse(database, state)
    async with running(broker.publish([a_message(a_sign_up("CT-1"))])), consuming(effects, broker) as consumer:
        await eventually(lambda: waits(consumer), True)
        assert "refused by the test" not in await state_of(consumer)
        assert consumer.metrics.registry.get_sample_value("drive_consumer_waits") == 1
        await allow(database)
        await broker.acknowledged(1)
        assert await state_of(consumer) == "ok"
        assert consumer.metrics.registry.get_sample_value("drive_consumer_waits") == 0
    assert await effects.subjects() == ["CT-1"]
    assert await kept(database) == []


@pytest.mark.parametrize("state", OF_THE_DATA)
async def test_an_error_that_the_data_is_to_blame_for_makes_a_dead_letter(
    effects: Effects, broker: Watched, database: Database, state: str
) -> None:
    await refuse(database, state)
    async with running(broker.publish([a_message(a_sign_up("CT-1"))])), consuming(effects, broker):
        await broker.acknowledged(1)
    [dead_letter] = await kept(database)
    assert json.loads(dead_letter.body)["subject"] == "CT-1"
    assert dead_letter.retry_at is not None


async def test_dead_letters_that_cannot_be_written_keep_the_batch_unacknowledged(
    effects: Effects, broker: Watched, database: Database
) -> None:
    effects.poison = {"CT-2"}
    await refuse(database, "23505", "dead_letters")
    messages = [a_message(a_sign_up("CT-1"), a_sign_up("CT-2")), raw("not JSON")]
    async with running(broker.publish(messages)), consuming(effects, broker) as consumer:
        await eventually(lambda: waits(consumer), True)
        await allow(database)
        await broker.acknowledged(2)
    assert len(await kept(database)) == 2
    assert set(await effects.subjects()) == {"CT-1"}


async def test_an_unclear_error_counts_against_the_event_where_others_go_through(
    effects: Effects, broker: Watched, database: Database
) -> None:
    effects.unclear = {"CT-2"}
    events = [a_sign_up(f"CT-{n}") for n in range(5)]
    async with running(broker.publish([a_message(*events)])), consuming(effects, broker):
        await broker.acknowledged(1)
    assert await effects.subjects() == ["CT-0", "CT-1", "CT-3", "CT-4"]
    [dead_letter] = await kept(database)
    assert dead_letter.id == events[2].id


async def test_an_unclear_error_is_taken_as_temporary_where_no_event_succeeds(
    effects: Effects, broker: Watched, database: Database
) -> None:
    effects.unclear = {"CT-1"}
    message = a_message(a_sign_up("CT-1"))
    async with running(broker.publish([message])), consuming(effects, broker) as consumer:
        await eventually(lambda: waits(consumer), True)
        effects.unclear = set()
        await broker.acknowledged(1)
    assert await effects.subjects() == ["CT-1"]
    assert await kept(database) == []


async def test_a_consumer_stopped_while_it_waits_ends_at_once_and_leaves_the_batch(
    effects: Effects, broker: Watched, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 3600)
    monkeypatch.setattr(waiting, "LONGEST_PAUSE_SECONDS", 3600)
    await refuse(database, "55000")
    async with running(broker.publish([a_message(a_sign_up("CT-1"))])):
        consumer = effects.consumer(TARGETS, broker, SettableClock())
        async with running(consumer.run()) as work:
            await eventually(lambda: waits(consumer), True)
            consumer.stop()
            with pytest.raises(Unavailable):
                await soon(work)
        await allow(database)
        async with consuming(effects, broker):
            await broker.acknowledged(1)
    assert await effects.subjects() == ["CT-1"]


UNSTORABLE = {
    "half a surrogate pair": '"unit_code": "X\\ud800"',
    "NUL": '"unit_code": "X\\u0000"',
    "a code too long for an index": f'"unit_code": "{"X" * 3000}"',
}


@pytest.mark.parametrize("field", UNSTORABLE.values(), ids=UNSTORABLE)
async def test_what_could_not_be_stored_is_broken_byte_for_byte_and_harms_none_of_its_neighbours(
    effects: Effects, broker: Watched, database: Database, field: str
) -> None:
    good = [a_sign_up(f"CT-{n}").model_dump_json() for n in range(4)]
    bad = good[0].replace('"unit_code":"15142"', field)
    messages = [raw(f"[{good[0]}, {bad} ,{good[1]}]"), raw(f"[{good[2]},{good[3]}]")]
    async with running(broker.publish(messages)), consuming(effects, broker):
        await broker.acknowledged(2)
    assert await effects.subjects() == [f"CT-{n}" for n in range(4)]
    [dead_letter] = await kept(database)
    assert dead_letters.raw_of(dead_letter.raw, dead_letter.body) == bad.encode()
    assert dead_letter.retry_at is None


async def test_text_that_only_looks_like_nul_is_an_event_like_any_other(
    effects: Effects, broker: Watched, database: Database
) -> None:
    message = a_message(a_sign_up("C:\\u0000"))
    assert b"\\u0000" in message.body
    async with running(broker.publish([message])), consuming(effects, broker):
        await broker.acknowledged(1)
    assert await effects.subjects() == ["C:\\u0000"]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
async def test_parameters_of_the_content_type_do_no_harm(
    effects: Effects, broker: Watched, database: Database, media_type: str
) -> None:
    event = a_sign_up("CT-1").model_dump(mode="json") | {"datacontenttype": media_type}
    async with running(broker.publish([raw(json.dumps([event]))])), consuming(effects, broker):
        await broker.acknowledged(1)
    assert await effects.subjects() == ["CT-1"]


async def test_a_message_that_came_back_again_and_again_is_tried_alone_and_takes_effect_once(
    effects: Effects, broker: Watched, database: Database
) -> None:
    messages = [a_message(a_sign_up(f"CT-{n}"), a_sign_up(f"CT-{n}-2")) for n in range(3)]
    async with running(broker.publish(messages)):
        for _ in range(consumer_module.MOST_RETURNS):
            async with broker.subscribe(TARGETS) as inbox:
                await soon(inbox.take(10))
        async with consuming(effects, broker):
            await broker.acknowledged(3)
    assert await effects.subjects() == []
    assert [dead_letter.attempts for dead_letter in await kept(database)] == [0, 0, 0]
    retries = effects.retries(TARGETS, broker, SettableClock())
    while await retries.retry_one():
        pass
    assert await effects.subjects() == [f"CT-{n}{more}" for n in range(3) for more in ("", "-2")]
    assert await kept(database) == []


async def test_the_event_that_ends_its_process_is_found_within_its_batch_and_given_up_after_many_attempts(
    effects: Effects, broker: Watched, database: Database
) -> None:
    """The process ends where the handler waits at its gate: the attempt has begun, and has no outcome."""
    clock = SettableClock()
    async with database.write() as work:
        batch = a_message(a_sign_up("CT-1"), a_sign_up("killer"), a_sign_up("CT-2"))
        await dead_letters.keep(work, clock.now(), messages=[(batch, "came back")])
    effects.fatal = {"killer"}
    for _ in range(MOST_UNFINISHED + 2):
        retry = retry_all(effects.retries(TARGETS, broker, clock))
        async with running(retry) as working, running(effects.died.wait()) as dying:
            await soon(asyncio.wait({working, dying}, return_when=asyncio.FIRST_COMPLETED))
            assert dying.done() or working.result() is None
        effects.died.clear()
        clock.advance(dead_letters.LEASE)
    assert sorted(await effects.subjects()) == ["CT-1", "CT-2"]
    [dead_letter] = await kept(database)
    assert json.loads(dead_letter.body)["subject"] == "killer"
    assert dead_letter.retry_at is None
    assert "ended with their process" in dead_letter.error


async def retry_all(retries: Retries) -> None:
    """Try dead letters as long as one is due."""
    while await retries.retry_one():
        pass


async def test_a_retry_during_a_temporary_condition_uses_up_no_attempt(
    effects: Effects, broker: Watched, database: Database
) -> None:
    effects.poison = {"CT-1"}
    clock = SettableClock()
    async with running(broker.publish([a_message(a_sign_up("CT-1"))])), consuming(effects, broker):
        await broker.acknowledged(1)
    clock.advance(dead_letters.RETRY_DELAYS[0])
    effects.poison = set()
    await refuse(database, "42501")
    retries = effects.retries(TARGETS, broker, clock)
    for _ in range(MOST_UNFINISHED + 2):
        with pytest.raises(Unavailable):
            await retries.retry_one()
    [dead_letter] = await kept(database)
    assert (dead_letter.attempts, dead_letter.begun) == (1, 0)
    await allow(database)
    assert await retries.retry_one()
    assert await effects.subjects() == ["CT-1"]
    assert await kept(database) == []
