"""The relay: the order of the outbox is the order on the wire, and no row goes before the broker holds its event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.engine import URL

from services.contracts.envelope import Event
from services.errors import Unavailable
from services.messaging import relay as relay_module
from services.messaging.broker import Broker, BrokerUnavailable, EventMessage
from services.messaging.in_process import InProcessBroker
from services.messaging.outbox import emit
from services.messaging.relay import EVENTS_PER_MESSAGE, Relay
from services.observability import Metrics
from services.persistence import database as database_module
from services.persistence.database import Database
from tests.support.brokers import TARGETS
from tests.support.events import a_sign_up, a_unit
from tests.support.proxy import proxy_to
from tests.support.waiting import eventually, running, soon


class Wire(InProcessBroker):
    """A broker whose answers the test decides: it notes what is published, and may hold it up or refuse it."""

    def __init__(self) -> None:
        super().__init__({})
        self.published: list[EventMessage] = []
        self.refusals = 0
        self.reached = asyncio.Event()
        self.confirmed = asyncio.Event()
        self.confirmed.set()

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        self.reached.set()
        await self.confirmed.wait()
        if self.refusals:
            self.refusals -= 1
            raise BrokerUnavailable("refused by the test")
        self.published += messages

    def subjects(self) -> list[str]:
        """Of all events, in the order they were published."""
        return [event["subject"] for message in self.published for event in json.loads(message.body)]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "STAND_BY_SECONDS", 0.01)


@pytest_asyncio.fixture
async def other_process(database_url: URL) -> AsyncIterator[Database]:
    """The same database, as another process sees it."""
    opened = Database(database_url)
    yield opened
    await opened.close()


async def commit(database: Database, events: Sequence[Event]) -> None:
    """Events of a unit of work."""
    async with database.write() as work:
        await emit(work, events)


async def waiting(database: Database) -> int:
    """Rows in the outbox."""
    async with database.read() as session:
        return int((await session.scalars(text("SELECT count(*) FROM outbox"))).one())


def a_relay(database: Database, broker: Broker) -> Relay:
    """A relay."""
    return Relay(database, broker, Metrics())


async def test_events_leave_in_the_order_of_the_outbox_batched_by_type(database: Database) -> None:
    wire = Wire()
    many = EVENTS_PER_MESSAGE + 50
    events: list[Event] = [*(a_sign_up(f"{n}") for n in range(many)), a_unit("unit"), a_sign_up("last")]
    await commit(database, events)
    async with running(a_relay(database, wire).run()):
        await eventually(lambda: waiting(database), 0)
    assert wire.subjects() == [event.subject for event in events]
    assert [len(json.loads(message.body)) for message in wire.published] == [EVENTS_PER_MESSAGE, 50, 1, 1]
    assert [message.type.split(".")[1] for message in wire.published] == [
        "enrolment",
        "enrolment",
        "registry",
        "enrolment",
    ]


async def test_events_reach_a_reader_over_each_broker(database: Database, broker: Broker) -> None:
    await commit(database, [a_unit(f"{n}") for n in range(500)])
    arrived: list[str] = []
    async with running(a_relay(database, broker).run()), broker.subscribe(TARGETS) as inbox:
        while len(arrived) < 500:
            taken = await soon(inbox.take(10))
            arrived += [event["subject"] for delivery in taken for event in json.loads(delivery.message.body)]
            await inbox.acknowledge(taken)
        await eventually(lambda: waiting(database), 0)
    assert arrived == [f"{n}" for n in range(500)]


async def emit_and_fail(database: Database) -> None:
    """A unit of work that comes to nothing."""
    async with database.write() as work:
        await emit(work, [a_unit("never happened")])
        raise ZeroDivisionError


async def test_what_was_rolled_back_is_never_published(database: Database) -> None:
    wire = Wire()
    with pytest.raises(ZeroDivisionError):
        await emit_and_fail(database)
    await commit(database, [a_unit("happened")])
    async with running(a_relay(database, wire).run()):
        await eventually(lambda: waiting(database), 0)
    assert wire.subjects() == ["happened"]


async def test_a_row_stays_until_its_event_is_confirmed(database: Database) -> None:
    wire = Wire()
    wire.confirmed.clear()
    await commit(database, [a_unit()])
    async with running(a_relay(database, wire).run()):
        await soon(wire.reached.wait())
        assert await waiting(database) == 1
        wire.confirmed.set()
        await eventually(lambda: waiting(database), 0)


async def test_a_broker_that_fails_costs_no_event_and_breaks_no_order(database: Database) -> None:
    wire = Wire()
    wire.refusals = 3
    await commit(database, [a_unit(f"{n}") for n in range(5)])
    relay = a_relay(database, wire)
    for _ in range(3):
        with pytest.raises(BrokerUnavailable):
            await soon(relay.run())
        assert await waiting(database) == 5
    await commit(database, [a_unit("5")])
    async with running(relay.run()):
        await eventually(lambda: waiting(database), 0)
    assert wire.subjects() == [f"{n}" for n in range(6)]


async def test_a_commit_wakes_the_relay_of_the_same_process(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "POLL_SECONDS", 3600)
    wire = Wire()
    async with running(a_relay(database, wire).run()):
        for number in range(3):
            await commit(database, [a_unit(f"{number}")])
            await eventually(lambda: waiting(database), 0)
    assert wire.subjects() == ["0", "1", "2"]


async def test_events_of_another_process_are_found_by_looking(database: Database, other_process: Database) -> None:
    wire = Wire()
    async with running(a_relay(database, wire).run()):
        await commit(other_process, [a_unit()])
        await eventually(lambda: waiting(database), 0)
    assert wire.subjects() == ["15142"]


async def test_a_second_relay_stands_by_and_takes_over_when_the_first_lets_go(
    database: Database, other_process: Database
) -> None:
    first_wire, second_wire = Wire(), Wire()
    first, second = a_relay(database, first_wire), a_relay(other_process, second_wire)
    await commit(database, [a_unit("0")])
    async with running(first.run()) as working:
        await eventually(lambda: waiting(database), 0)
        async with running(second.run()):
            await commit(database, [a_unit("1")])
            await eventually(lambda: waiting(database), 0)
            first.stop()
            await soon(working)
            await commit(database, [a_unit("2")])
            await eventually(lambda: waiting(database), 0)
    assert first_wire.subjects() == ["0", "1"]
    assert second_wire.subjects() == ["2"]


async def test_a_relay_that_ends_releases_its_lock(database: Database, other_process: Database) -> None:
    wire, standby = Wire(), Wire()
    wire.confirmed.clear()
    await commit(database, [a_unit()])
    async with running(a_relay(database, wire).run()):
        await soon(wire.reached.wait())
    async with running(a_relay(other_process, standby).run()):
        await eventually(lambda: waiting(database), 0)
    assert standby.subjects() == ["15142"]


async def test_a_relay_whose_connection_is_killed_is_unavailable_and_sends_again_what_it_could_not_strike_off(
    database: Database, other_process: Database
) -> None:
    wire = Wire()
    wire.confirmed.clear()
    await commit(database, [a_unit()])
    relay = a_relay(database, wire)
    async with running(relay.run()) as working:
        await soon(wire.reached.wait())
        async with other_process.write() as work:
            await work.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
        wire.confirmed.set()
        with pytest.raises(Unavailable):
            await soon(working)
    async with running(relay.run()):
        await eventually(lambda: waiting(database), 0)
    assert wire.subjects() == ["15142", "15142"]


async def test_a_relay_whose_database_does_not_answer_any_more_says_so_in_time(
    database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "COMMAND_SECONDS", 0.2)
    async with proxy_to(database_url.host or "127.0.0.1", database_url.port or 5432) as (proxy, port):
        behind = Database(database_url.set(host="127.0.0.1", port=port))
        wire = Wire()
        await commit(behind, [a_unit()])
        async with running(a_relay(behind, wire).run()) as working:
            await soon(wire.reached.wait())
            proxy.stall()
            with pytest.raises(Unavailable):
                await soon(working)
        proxy.cut()
        await behind.close()


async def test_a_stopped_relay_finishes_the_round_in_progress(database: Database) -> None:
    wire = Wire()
    wire.confirmed.clear()
    await commit(database, [a_unit("0")])
    relay = a_relay(database, wire)
    async with running(relay.run()) as working:
        await soon(wire.reached.wait())
        relay.stop()
        wire.confirmed.set()
        await soon(working)
    assert wire.subjects() == ["0"]
    assert await waiting(database) == 0


async def test_a_stopped_relay_does_not_wait_for_ever_for_a_consumer_that_is_gone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "LAST_ROUND_SECONDS", 0.01)
    wire = Wire()
    wire.confirmed.clear()
    await commit(database, [a_unit()])
    relay = a_relay(database, wire)
    async with running(relay.run()) as working:
        await soon(wire.reached.wait())
        relay.stop()
        with pytest.raises(BrokerUnavailable):
            await soon(working)
    assert await waiting(database) == 1


async def test_a_relay_that_stands_by_can_be_stopped(database: Database, other_process: Database) -> None:
    async with running(a_relay(database, Wire()).run()):
        await commit(database, [a_unit()])
        await eventually(lambda: waiting(database), 0)
        second = a_relay(other_process, Wire())
        async with running(second.run()) as standing_by:
            await asyncio.sleep(0)
            second.stop()
            await soon(standing_by)


@pytest.mark.parametrize("state", ["25006", "42501", "53100"])
async def test_a_database_that_refuses_the_claim_refuses_it_before_anything_is_published(
    database: Database, state: str
) -> None:
    wire = Wire()
    await commit(database, [a_unit()])
    async with database.write() as work:
        refuse = f"BEGIN RAISE EXCEPTION 'refused by the test' USING ERRCODE = '{state}'; END"
        await work.execute(text(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {refuse} $$"))
        trigger = "CREATE TRIGGER refuse BEFORE DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION refuse()"
        await work.execute(text(trigger))
    for _ in range(3):
        with pytest.raises(Unavailable):
            await soon(a_relay(database, wire).run())
    assert wire.published == []
    async with database.write() as work:
        await work.execute(text("DROP FUNCTION refuse() CASCADE"))
    async with running(a_relay(database, wire).run()):
        await eventually(lambda: waiting(database), 0)
    assert wire.subjects() == ["15142"]


async def test_a_suspended_relay_loses_its_lock_to_another(
    database: Database, other_process: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "SILENCE_SECONDS", 1)
    suspended, standby = Wire(), Wire()
    suspended.confirmed.clear()
    await commit(database, [a_unit()])
    async with running(a_relay(database, suspended).run()):
        await soon(suspended.reached.wait())
        async with running(a_relay(other_process, standby).run()):
            await eventually(lambda: waiting(database), 0)
    assert standby.subjects() == ["15142"]
