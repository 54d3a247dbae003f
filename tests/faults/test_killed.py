"""Processes killed at the worst moment: nothing that was answered is lost, and nothing is counted twice."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from drive.client.client import until
from drive.hosting.processes import COMMANDS
from drive.hosting.services import ServiceName
from tests.support.installation import Answers, Installation
from tests.support.proxy import proxy_to

BLOCKED = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%{}%'"


async def _connect(installation: Installation, service: ServiceName) -> Any:
    url = installation.configuration.database(service)
    assert url is not None
    return await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))


async def _until_blocked(installation: Installation, service: ServiceName, statement: str) -> None:
    await until(f"a blocked {statement}", lambda: installation.rows(service, BLOCKED.format(statement)), bool)


async def test_a_relay_killed_between_publish_and_commit_publishes_again_and_all_is_counted_once(
    installation: Installation,
) -> None:
    answers = Answers()
    await installation.start("serve", "enrolment")
    await installation.start("serve", "targets")
    await installation.start("worker", "targets")
    await installation.ready("serve", "enrolment")
    await installation.register()
    await installation.sign_up(installation.people(40), answers)
    # A deferred trigger holds the relay up at its COMMIT, when it has published what it claimed.
    lock = await _connect(installation, "enrolment")
    await lock.execute(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;"
        " CREATE CONSTRAINT TRIGGER hold AFTER DELETE ON outbox DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION hold()"
    )
    async with lock.transaction():
        await lock.execute("SELECT pg_advisory_xact_lock(1)")
        await installation.start("worker", "enrolment")
        await _until_blocked(installation, "enrolment", "COMMIT")
        await installation.kill("worker", "enrolment")
        # PostgreSQL would go on with the COMMIT of a client that is gone, as soon as nothing holds it up.
        await lock.execute(f"SELECT pg_terminate_backend(pid, 60000) FROM ({BLOCKED.format('COMMIT')}) blocked")  # noqa: S608 - constants
    await lock.close()
    assert (await installation.rows("enrolment", "SELECT count(*) FROM outbox"))[0][0] > 0
    await installation.start("worker", "enrolment")
    await installation.counted_once(answers)


async def test_a_consumer_killed_between_effect_and_acknowledgement_gets_the_batch_again_and_counts_it_once(
    installation: Installation,
) -> None:
    answers = Answers()
    host, port, vhost = _amqp(installation.environment["AMQP_URL"])
    async with proxy_to(host, port) as (proxy, proxy_port):
        await installation.start("serve", "enrolment")
        await installation.start("worker", "enrolment")
        await installation.start("serve", "targets")
        through_proxy = installation.environment["AMQP_URL"].replace(f"{host}:{port}", f"127.0.0.1:{proxy_port}")
        assert vhost in through_proxy
        await installation.start("worker", "targets", AMQP_URL=through_proxy)
        await installation.ready("serve", "enrolment")
        await installation.register()
        await installation.ready("worker", "targets")
        lock = await _connect(installation, "targets")
        async with lock.transaction():
            await lock.execute("LOCK TABLE ledger IN EXCLUSIVE MODE")
            await installation.sign_up(installation.people(30), answers)
            await _until_blocked(installation, "targets", "INSERT INTO ledger")
            proxy.stall()
        await lock.close()
        # Now the effect commits, and its acknowledgement gets no further than the proxy.
        await until("the effect", lambda: installation.rows("targets", "SELECT 1 FROM ledger"), bool)
        await installation.kill("worker", "targets")
        proxy.cut()
        await installation.start("worker", "targets")
        await installation.counted_once(answers)


def _amqp(url: str) -> tuple[str, int, str]:
    address, _, vhost = url.removeprefix("amqp://").rpartition("@")[2].partition("/")
    host, _, port = address.partition(":")
    return host, int(port or 5672), vhost


async def test_an_enrolment_api_killed_under_load_loses_and_doubles_nothing(installation: Installation) -> None:
    answers = Answers()
    await installation.start_all()
    await installation.register()
    load = asyncio.create_task(installation.sign_up(installation.people(400), answers))
    for taken in (60, 180):
        await installation.has_taken(taken, answers)
        await installation.kill("serve", "enrolment")
        await installation.start("serve", "enrolment")
    await load
    assert answers.cut_off > 0
    assert len(answers.taken) == 400
    await installation.counted_once(answers)


async def test_every_process_asked_to_stop_under_load_finishes_its_work_in_progress(installation: Installation) -> None:
    answers = Answers()
    await installation.start_all()
    await installation.register()
    load = asyncio.create_task(installation.sign_up(installation.people(300), answers))
    await installation.has_taken(60, answers)
    for verb, service in COMMANDS:
        assert await installation.stop(verb, service) == 0
    await installation.start_all()
    await load
    assert answers.refused == []
    await installation.counted_once(answers)
