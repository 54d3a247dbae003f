"""Processes killed at the worst moment: nothing that was answered is lost, and nothing is counted twice."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from drive.client.client import until
from drive.hosting.processes import COMMANDS
from services.settings import ServiceName
from tests.support.proxy import proxy_to
from tests.support.town import Answers, Town

BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%{}%'"


async def _connect(town: Town, service: ServiceName) -> Any:
    url = town.settings.database_url_of(service)
    assert url is not None
    return await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))


async def _until_blocked(town: Town, service: ServiceName, statement: str) -> None:
    await until(f"a blocked {statement}", lambda: town.rows(service, BLOCKED.format(statement)), bool)


async def test_a_relay_killed_between_publish_and_commit_publishes_again_and_all_is_counted_once(town: Town) -> None:
    answers = Answers()
    await town.start("serve", "enrolment")
    await town.start("serve", "targets")
    await town.start("worker", "targets")
    await town.ready("serve", "enrolment")
    await town.register()
    await town.sign_up(town.people(40), answers)
    # A deferred trigger holds the relay up at its COMMIT, when it has published what it claimed.
    lock = await _connect(town, "enrolment")
    await lock.execute(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;"
        " CREATE CONSTRAINT TRIGGER hold AFTER DELETE ON outbox DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION hold()"
    )
    async with lock.transaction():
        await lock.execute("SELECT pg_advisory_xact_lock(1)")
        await town.start("worker", "enrolment")
        await _until_blocked(town, "enrolment", "COMMIT")
        await town.kill("worker", "enrolment")
    await lock.close()
    assert (await town.rows("enrolment", "SELECT count(*) FROM outbox"))[0][0] > 0
    await town.start("worker", "enrolment")
    await town.counted_once(answers)


async def test_a_consumer_killed_between_effect_and_acknowledgement_gets_the_batch_again_and_counts_it_once(
    town: Town,
) -> None:
    answers = Answers()
    host, port, vhost = _amqp(town.environment["AMQP_URL"])
    async with proxy_to(host, port) as (proxy, proxy_port):
        await town.start("serve", "enrolment")
        await town.start("worker", "enrolment")
        await town.start("serve", "targets")
        through_proxy = town.environment["AMQP_URL"].replace(f"{host}:{port}", f"127.0.0.1:{proxy_port}")
        assert vhost in through_proxy
        await town.start("worker", "targets", AMQP_URL=through_proxy)
        await town.ready("serve", "enrolment")
        await town.register()
        await town.ready("worker", "targets")
        lock = await _connect(town, "targets")
        async with lock.transaction():
            await lock.execute("LOCK TABLE ledger IN EXCLUSIVE MODE")
            await town.sign_up(town.people(30), answers)
            await _until_blocked(town, "targets", "INSERT INTO ledger")
            proxy.stall()
        await lock.close()
        # Now the effect commits, and its acknowledgement gets no further than the proxy.
        await until("the effect", lambda: town.rows("targets", "SELECT 1 FROM ledger"), bool)
        await town.kill("worker", "targets")
        proxy.cut()
        await town.start("worker", "targets")
        await town.counted_once(answers)


def _amqp(url: str) -> tuple[str, int, str]:
    address, _, vhost = url.removeprefix("amqp://").rpartition("@")[2].partition("/")
    host, _, port = address.partition(":")
    return host, int(port or 5672), vhost


async def test_an_enrolment_api_killed_under_load_loses_and_doubles_nothing(town: Town) -> None:
    answers = Answers()
    await town.start_all()
    await town.register()
    load = asyncio.create_task(town.sign_up(town.people(400), answers))
    for taken in (60, 180):
        await town.has_taken(taken, answers)
        await town.kill("serve", "enrolment")
        await town.start("serve", "enrolment")
    await load
    assert answers.cut_off > 0
    assert len(answers.taken) == 400
    await town.counted_once(answers)


async def test_every_process_asked_to_stop_under_load_finishes_what_it_has_in_hand(town: Town) -> None:
    answers = Answers()
    await town.start_all()
    await town.register()
    load = asyncio.create_task(town.sign_up(town.people(300), answers))
    await town.has_taken(60, answers)
    for verb, service in COMMANDS:
        assert await town.stop(verb, service) == 0
    await town.start_all()
    await load
    assert answers.refused == []
    await town.counted_once(answers)
