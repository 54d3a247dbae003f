"""Events that cannot be handled or read are kept as dead letters, on both brokers; the others take effect."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from services.contracts.enrolment import EnrolmentRecorded
from services.contracts.events import EVENT
from services.contracts.registry import UnitRegistered
from services.messaging import dead_letters
from services.messaging import retries as retries_module
from services.messaging.broker import Broker
from services.messaging.consumer import Apart, Handlers
from services.persistence.database import Database
from tests.services.messaging.consuming import consume_all, kept
from tests.support.brokers import TARGETS
from tests.support.clock import SettableClock
from tests.support.effects import Effects
from tests.support.events import a_message, a_sign_up, a_unit, raw
from tests.support.waiting import eventually, running


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


async def test_what_comes_again_while_it_is_kept_is_not_kept_twice(
    effects: Effects, broker: Broker, clock: SettableClock, database: Database
) -> None:
    effects.poison = {"CT-1"}
    poisonous, broken = a_message(a_sign_up("CT-1")), raw(b"not JSON")
    await consume_all(effects, broker, clock, [poisonous, broken])
    await consume_all(effects, broker, clock, [poisonous, broken])
    assert len(await kept(database)) == 2
