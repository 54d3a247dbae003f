"""Suspended processes with open transactions and locks: others wait for them for some seconds at most."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest

from drive.client.client import until
from drive.demo.places import AGENCY, CAM_THACH
from tests.faults.faults import administrator, frozen
from tests.support.installation import PARTNER, Answers, Installation
from tests.support.postgres import PrivatePostgres
from tests.support.proxy import proxy_to

BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'drive %'"
IN_TRANSACTION = (
    "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND application_name LIKE 'drive %'"
)
TARGET = {
    "scope": {"unit_code": CAM_THACH.code},
    "scheme": "household_health",
    "measure": "new",
    "value": 9_000,
    "starts_on": "2025-01-01",
    "ends_on": "2025-12-31",
}


async def set_target(installation: Installation) -> None:
    """As the agency does; what is answered does not matter here."""
    token = installation.user(AGENCY, "targets:write").token
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
        url = installation.configuration.addresses()["targets"] + "/v1/targets"
        async with http.post(url, json=TARGET) as answer:
            await answer.read()


async def test_an_api_frozen_within_its_transaction_holds_up_the_counting_for_seconds_only(
    installation: Installation,
) -> None:
    answers = Answers()
    await installation.start_all()
    await installation.register()
    async with administrator(installation, "targets") as admin:
        async with admin.transaction():
            # The API holds the lock that counting needs, and waits for this table.
            await admin.execute("LOCK TABLE targets IN ACCESS EXCLUSIVE MODE")
            setting = asyncio.create_task(set_target(installation))
            await until("a blocked API", lambda: installation.rows("targets", BLOCKED), bool)
            installation.processes["serve", "targets"].send_signal(signal.SIGSTOP)
        await until("an open transaction", lambda: installation.rows("targets", IN_TRANSACTION), bool)
    began = time.monotonic()
    await installation.sign_up(installation.people(40), answers)
    await until(
        "40 sign-ups in the ledger",
        lambda: installation.rows("targets", "SELECT 1 FROM ledger"),
        lambda rows: len(rows) == 40,
        seconds=60,
    )
    assert time.monotonic() - began < 25
    assert await installation.rows("targets", "SELECT 1 FROM dead_letters") == []
    installation.processes["serve", "targets"].send_signal(signal.SIGCONT)
    await asyncio.gather(setting, return_exceptions=True)
    await installation.ready("serve", "targets")
    await installation.counted_once(answers)


@contextmanager
def frozen_postgres(postgres: PrivatePostgres) -> Iterator[None]:
    """Every process of the server stands still: connections stay open, and nothing is answered."""
    pids = postgres.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_with_a_frozen_database_every_answer_comes_within_ten_seconds(
    installation: Installation, durable_postgres: PrivatePostgres
) -> None:
    answers = Answers()
    await installation.start_all()
    await installation.register()
    await installation.sign_up(installation.people(5), answers)
    token = installation.user(PARTNER, "enrolments:write").token
    [body] = installation.people(1)
    with frozen_postgres(durable_postgres):
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:

            async def timed() -> tuple[int, bool]:
                began = time.monotonic()
                url = installation.configuration.addresses()["enrolment"] + "/v1/enrolments"
                headers = {"Idempotency-Key": str(body["external_ref"])}
                async with http.post(url, json=body, headers=headers) as answer:
                    await answer.read()
                    assert "Retry-After" in answer.headers
                    return answer.status, time.monotonic() - began < 10

            # More than the pool has connections, and one after the other: who waits for whom must not add up.
            assert set(await asyncio.gather(*(timed() for _ in range(30)))) == {(503, True)}
            assert await timed() == (503, True)
    await installation.sign_up([body], answers)
    await installation.counted_once(answers)


async def test_a_frozen_worker_is_relieved_by_another_and_every_lag_is_notified_in_its_order(
    installation: Installation,
) -> None:
    """Alerts that begin and end while one of two workers of notifications stands still."""
    answers = Answers()
    await installation.start_all()
    await installation.register()
    async with installation.user(AGENCY, "alerts:write") as ops:
        route = {"channel": "mail", "address": "ops@example.org", "under": "38"}
        await ops.send_until_taken("PUT", "notifications", "/v1/routes/ops", route)
    second = await installation.start_another("worker", "notifications")
    async with frozen("worker")(installation, "notifications"):
        async with installation.user(AGENCY, "targets:write") as agency:
            small = TARGET | {"value": 12, "starts_on": "2025-10-01", "ends_on": "2025-10-25"}
            await agency.send_until_taken("POST", "targets", "/v1/targets", small)
        await installation.sign_up(installation.people(12), answers)
        changes = "SELECT change FROM deliveries WHERE state IN ('sent', 'superseded') ORDER BY alert_version"
        await until(
            "an alert with its end",
            lambda: installation.rows("notifications", changes),
            lambda rows: [row["change"] for row in rows][-1:] == ["resolved"],
            seconds=60,
        )
    assert (await installation.rows("notifications", changes))[0]["change"] == "raised"
    assert len(await installation.rows("notifications", "SELECT 1 FROM alerts WHERE status = 'resolved'")) == 1
    second.terminate()
    await second.wait()


async def test_a_relay_that_is_frozen_is_replaced(installation: Installation) -> None:
    answers = Answers()
    await installation.start_all()
    await installation.register()
    second = await installation.start_another("worker", "enrolment")
    await installation.sign_up(installation.people(5), answers)
    async with frozen("worker")(installation, "enrolment"):
        await installation.sign_up(installation.people(20), answers)
        await until(
            "25 sign-ups in the ledger",
            lambda: installation.rows("targets", "SELECT 1 FROM ledger"),
            lambda rows: len(rows) == 25,
            seconds=60,
        )
    await installation.counted_once(answers)
    second.terminate()
    await second.wait()


@pytest.mark.long
async def test_a_worker_behind_a_dead_connection_to_the_broker_is_relieved_by_another(
    installation: Installation,
) -> None:
    answers = Answers()
    url = urlsplit(installation.environment["AMQP_URL"])
    async with proxy_to(url.hostname or "localhost", url.port or 5672) as (proxy, port):
        await installation.start_all()
        await installation.register()
        await installation.stop("worker", "targets")
        behind = url._replace(netloc=f"{url.netloc.rpartition('@')[0]}@127.0.0.1:{port}").geturl()
        await installation.start("worker", "targets", AMQP_URL=behind)
        await installation.ready("worker", "targets")
        second = await installation.start_another("worker", "targets")
        proxy.stall()
        await installation.sign_up(installation.people(40), answers)
        await installation.counted_once(answers)
        await installation.has_health("worker", "targets", 503)
        proxy.cut()
        proxy.flow()
        await installation.ready("worker", "targets")
        second.terminate()
        await second.wait()
