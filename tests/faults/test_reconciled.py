"""Events lost between services: every sign-up is counted once afterwards, and every lag alerted once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel

from drive.client.client import until
from drive.demo.places import AGENCY, CAM_THACH
from drive.hosting.processes import VERBS
from tests.support.installation import DAY, Answers, Installation, an_installation, environment_of
from tests.support.postgres import PrivatePostgres, dump, restore

TARGETS, NOTIFICATIONS, EXCHANGE = "drive.targets", "drive.notifications", "drive.events"
RECORDED = "drive.enrolment.recorded.v1"


@pytest_asyncio.fixture
async def installation(
    durable_postgres: PrivatePostgres, rabbitmq_url: str, tmp_path: Path
) -> AsyncIterator[Installation]:
    """Six processes that summarise twice a second."""
    environment = environment_of(durable_postgres.url, rabbitmq_url, tmp_path, DRIVE_RECONCILE_SECONDS="0.5")
    async with an_installation(environment) as installation:
        await installation.start_all()
        await installation.register()
        yield installation


@asynccontextmanager
async def broker(installation: Installation) -> AsyncIterator[AbstractChannel]:
    """The broker, as an operator reaches it."""
    connection = await aio_pika.connect(installation.environment["AMQP_URL"])
    async with connection:
        yield await connection.channel()


async def _waiting(channel: AbstractChannel, queue: str) -> int:
    found = await channel.declare_queue(queue, passive=True)
    return found.declaration_result.message_count or 0


async def _lose_queue(installation: Installation, *, delete: bool) -> None:
    """Sign-ups that are published while nobody listens, and lost with the queue or with what is in it."""
    async with broker(installation) as channel:
        await until("messages", lambda: _waiting(channel, TARGETS), bool)
        await _outbox_empty(installation)
        queue = await channel.get_queue(TARGETS)
        if delete:
            await queue.delete(if_unused=False, if_empty=False)
        else:
            await queue.purge()


async def _outbox_empty(installation: Installation) -> None:
    await until(
        "an empty outbox", lambda: installation.rows("enrolment", "SELECT 1 FROM outbox"), lambda rows: not rows
    )


@pytest.mark.long
async def test_sign_ups_lost_with_a_purged_queue_are_counted_once(installation: Installation) -> None:
    answers = Answers()
    await installation.sign_up(installation.people(20), answers)
    await installation.counted_once(answers)
    await installation.stop("worker", "targets")
    await installation.sign_up(installation.people(30), answers)
    await _lose_queue(installation, delete=False)
    await installation.start("worker", "targets")
    await installation.sign_up(installation.people(10), answers)
    await installation.counted_once(answers)


@pytest.mark.long
async def test_sign_ups_lost_with_a_deleted_queue_are_counted_once(installation: Installation) -> None:
    answers = Answers()
    await installation.sign_up(installation.people(20), answers)
    await installation.stop("worker", "targets")
    await installation.sign_up(installation.people(30), answers)
    await _lose_queue(installation, delete=True)
    await installation.start("worker", "targets")
    await installation.counted_once(answers)


@pytest.mark.long
async def test_sign_ups_that_go_past_a_lost_binding_while_another_queue_takes_them_are_counted_once(
    installation: Installation,
) -> None:
    answers = Answers()
    await installation.sign_up(installation.people(20), answers)
    await installation.counted_once(answers)
    async with broker(installation) as channel:
        other = await channel.declare_queue("somebody-else", durable=True, arguments={"x-queue-type": "quorum"})
        await other.bind(EXCHANGE, RECORDED)
        queue = await channel.get_queue(TARGETS)
        await queue.unbind(EXCHANGE, RECORDED)
        await installation.sign_up(installation.people(30), answers)
        await _outbox_empty(installation)
        await queue.bind(EXCHANGE, RECORDED)
        await installation.counted_once(answers)
        await other.delete(if_unused=False, if_empty=False)


async def test_an_event_dropped_by_an_operator_is_counted_once(installation: Installation) -> None:
    answers = Answers()
    await installation.sign_up(installation.people(20), answers)
    await installation.counted_once(answers)
    await installation.stop("worker", "targets")
    await installation.sign_up(installation.people(1), answers)
    await _outbox_empty(installation)
    async with broker(installation) as channel:
        await _drop(channel, TARGETS, RECORDED)
    await installation.start("worker", "targets")
    await installation.counted_once(answers)


async def _drop(channel: AbstractChannel, queue: str, event_type: str) -> None:
    """Take the first message of the type, and put everything else back."""
    found = await channel.get_queue(queue)
    others = []
    while message := await found.get(timeout=20, fail=False):
        if message.routing_key == event_type:
            await message.ack()
            break
        others.append(message)
    for other in others:
        await other.reject(requeue=True)
    assert message is not None


EMPTY = "TRUNCATE ledger, units, unit_ancestors, organisations, organisation_ancestors, collectors"


@pytest.mark.long
async def test_targets_emptied_of_ledger_and_registry_gets_all_of_it_back(installation: Installation) -> None:
    answers = Answers()
    await installation.sign_up(installation.people(30), answers)
    await installation.counted_once(answers)
    await _target(installation)
    lag = await _until_alerted(installation)
    registry = await _registry(installation)
    await installation.rows("targets", EMPTY)
    await installation.counted_once(answers)
    await until("the registry", lambda: _registry(installation), lambda found: found == registry, seconds=60)
    await installation.sign_up(installation.people(5), answers)
    await installation.counted_once(answers)
    await _until_achieved(installation, 35)
    await _until_alerts_are(installation, [("open", lag["episode"])])


@pytest.mark.long
async def test_sign_ups_deleted_from_the_ledger_by_an_operator_are_counted_once(installation: Installation) -> None:
    answers = Answers()
    await installation.sign_up(installation.people(30), answers)
    await installation.counted_once(answers)
    await _target(installation)
    await _until_achieved(installation, 30)
    await installation.rows(
        "targets", "DELETE FROM ledger WHERE enrolment_id IN (SELECT enrolment_id FROM ledger LIMIT 7)"
    )
    await installation.counted_once(answers)
    await _until_achieved(installation, 30)


async def _until_achieved(installation: Installation, expected: int) -> None:
    async def achieved() -> list[int]:
        return [row["achieved"] for row in await installation.rows("targets", "SELECT achieved FROM target_progress")]

    await until(f"{expected} achieved", achieved, lambda found: found == [expected], seconds=60)


async def _registry(installation: Installation) -> Any:
    return [
        [tuple(row) for row in await installation.rows("targets", query)]
        for query in (
            "SELECT code, name, level, parent_code, version FROM units ORDER BY code",
            "SELECT unit_code, ancestor_code, depth FROM unit_ancestors ORDER BY 1, 2",
            "SELECT code, name, parent_code, version FROM organisations ORDER BY code",
            "SELECT organisation_code, ancestor_code, depth FROM organisation_ancestors ORDER BY 1, 2",
            "SELECT code, organisation_code, version FROM collectors ORDER BY code",
        )
    ]


async def test_targets_restored_from_a_backup_counts_what_came_since_once(
    installation: Installation, tmp_path: Path
) -> None:
    answers = Answers()
    await installation.sign_up(installation.people(20), answers)
    await installation.counted_once(answers)
    await _target(installation)
    lag = await _until_alerted(installation)
    database, backup = installation.configuration.database("targets"), tmp_path / "backup"
    assert database is not None
    await asyncio.to_thread(dump, database, backup)
    await installation.sign_up(installation.people(30), answers)
    await installation.counted_once(answers)
    for verb in VERBS:
        await installation.stop(verb, "targets")
    await asyncio.to_thread(restore, database, backup)
    for verb in VERBS:
        await installation.start(verb, "targets")
        await installation.ready(verb, "targets")
    await installation.counted_once(answers)
    await _until_alerts_are(installation, [("open", lag["episode"])])
    await _until_achieved(installation, 50)


async def _target(installation: Installation, value: int = 10_000) -> None:
    """One that lags already, in a period that is half over."""
    body = {
        "scope": {"unit_code": CAM_THACH.code},
        "scheme": "household_health",
        "measure": "new",
        "value": value,
        "starts_on": (DAY - timedelta(days=20)).isoformat(),
        "ends_on": (DAY + timedelta(days=20)).isoformat(),
        "name": None,
    }
    async with installation.user(AGENCY, "targets:write") as agency:
        await agency.send_until_taken("POST", "targets", "/v1/targets", body)


async def _until_alerted(installation: Installation) -> Any:
    alerts = "SELECT episode, status FROM alerts"
    rows: list[Any] = await until("an alert", lambda: installation.rows("notifications", alerts), bool, seconds=30)
    return rows[0]


async def _until_alerts_are(installation: Installation, expected: list[tuple[str, int]]) -> None:
    async def alerts() -> list[tuple[str, int]]:
        rows = await installation.rows("notifications", "SELECT status, episode FROM alerts ORDER BY episode")
        return [(row["status"], row["episode"]) for row in rows]

    await until(f"alerts {expected}", alerts, lambda found: found == expected, seconds=60)


async def test_a_lag_whose_event_was_purged_is_alerted_once(installation: Installation) -> None:
    await installation.stop("worker", "notifications")
    await _target(installation)
    async with broker(installation) as channel:
        await until("a lag", lambda: installation.rows("targets", "SELECT 1 FROM target_progress WHERE lagging"), bool)
        await until(
            "an empty outbox", lambda: installation.rows("targets", "SELECT 1 FROM outbox"), lambda rows: not rows
        )
        await (await channel.get_queue(NOTIFICATIONS)).purge()
    await installation.start("worker", "notifications")
    await _until_alerts_are(installation, [("open", 1)])
    raised = await installation.rows("notifications", "SELECT version FROM alerts")
    assert [row["version"] for row in raised] == [1]


@pytest.mark.long
async def test_an_alert_whose_recovery_was_purged_is_resolved(installation: Installation) -> None:
    answers = Answers()
    await _target(installation, value=20)
    await _until_alerts_are(installation, [("open", 1)])
    await installation.stop("worker", "notifications")
    await installation.sign_up(installation.people(20), answers)
    await installation.counted_once(answers)
    recovered = "SELECT 1 FROM target_progress WHERE NOT lagging"
    async with broker(installation) as channel:
        await until("a recovery", lambda: installation.rows("targets", recovered), bool)
        await until(
            "an empty outbox", lambda: installation.rows("targets", "SELECT 1 FROM outbox"), lambda rows: not rows
        )
        await (await channel.get_queue(NOTIFICATIONS)).purge()
    await installation.start("worker", "notifications")
    await _until_alerts_are(installation, [("resolved", 1)])


@pytest.mark.long
async def test_a_restored_database_of_targets_makes_every_lag_alerted_once(
    installation: Installation, tmp_path: Path
) -> None:
    answers = Answers()
    database, backup = installation.configuration.database("targets"), tmp_path / "backup"
    assert database is not None
    await _target(installation, value=20)
    await _until_alerts_are(installation, [("open", 1)])
    await asyncio.to_thread(dump, database, backup)
    await installation.sign_up(installation.people(20), answers)
    await installation.counted_once(answers)
    await _until_alerts_are(installation, [("resolved", 1)])
    for verb in VERBS:
        await installation.stop(verb, "targets")
    await asyncio.to_thread(restore, database, backup)
    for verb in VERBS:
        await installation.start(verb, "targets")
    await installation.counted_once(answers)
    await _until_achieved(installation, 20)
    await _until_alerts_are(installation, [("resolved", 1)])
    await until(
        "agreement", lambda: installation.rows("notifications", "SELECT * FROM pace_differences"), lambda rows: not rows
    )
    lagging = await installation.rows("targets", "SELECT 1 FROM target_progress WHERE lagging")
    assert lagging == []
