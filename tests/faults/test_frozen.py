"""Processes that stand still with everything they hold: nobody else may wait for them longer than some seconds."""

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
from drive.hosting.all_in_one import addresses
from tests.faults.faults import administrator, frozen
from tests.support.postgres import PrivatePostgres
from tests.support.proxy import proxy_to
from tests.support.town import PARTNER, Answers, Town

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


async def set_target(town: Town) -> None:
    """As the agency does; what is answered does not matter here."""
    token = town.user(AGENCY, "targets:write").token
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
        url = addresses(town.settings)["targets"] + "/v1/targets"
        async with http.post(url, json=TARGET) as answer:
            await answer.read()


async def test_an_api_frozen_within_its_transaction_holds_up_the_counting_for_seconds_only(town: Town) -> None:
    answers = Answers()
    await town.start_all()
    await town.register()
    async with administrator(town, "targets") as admin:
        async with admin.transaction():
            # The API holds the lock that counting needs, and waits for this table.
            await admin.execute("LOCK TABLE targets IN ACCESS EXCLUSIVE MODE")
            setting = asyncio.create_task(set_target(town))
            await until("a blocked API", lambda: town.rows("targets", BLOCKED), bool)
            town.processes["serve", "targets"].send_signal(signal.SIGSTOP)
        await until("an open transaction", lambda: town.rows("targets", IN_TRANSACTION), bool)
    began = time.monotonic()
    await town.sign_up(town.people(40), answers)
    await until(
        "40 sign-ups in the ledger",
        lambda: town.rows("targets", "SELECT 1 FROM ledger"),
        lambda rows: len(rows) == 40,
        seconds=60,
    )
    assert time.monotonic() - began < 25
    assert await town.rows("targets", "SELECT 1 FROM parked_events") == []
    town.processes["serve", "targets"].send_signal(signal.SIGCONT)
    await asyncio.gather(setting, return_exceptions=True)
    await town.ready("serve", "targets")
    await town.counted_once(answers)


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
    town: Town, durable_postgres: PrivatePostgres
) -> None:
    answers = Answers()
    await town.start_all()
    await town.register()
    await town.sign_up(town.people(5), answers)
    token = town.user(PARTNER, "enrolments:write").token
    [body] = town.people(1)
    with frozen_postgres(durable_postgres):
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:

            async def timed() -> tuple[int, bool]:
                began = time.monotonic()
                url = addresses(town.settings)["enrolment"] + "/v1/enrolments"
                headers = {"Idempotency-Key": str(body["external_ref"])}
                async with http.post(url, json=body, headers=headers) as answer:
                    await answer.read()
                    assert "Retry-After" in answer.headers
                    return answer.status, time.monotonic() - began < 10

            # More than the pool has connections, and one after the other: who waits for whom must not add up.
            assert set(await asyncio.gather(*(timed() for _ in range(30)))) == {(503, True)}
            assert await timed() == (503, True)
    await town.sign_up([body], answers)
    await town.counted_once(answers)


async def test_a_frozen_worker_is_relieved_by_another_and_every_lag_is_told_in_its_order(town: Town) -> None:
    """Alerts that begin and end while one of two workers of notifications stands still."""
    answers = Answers()
    await town.start_all()
    await town.register()
    async with town.user(AGENCY, "alerts:write") as ops:
        route = {"channel": "mail", "address": "ops@example.org", "under": "38"}
        await ops.send("PUT", "notifications", "/v1/routes/ops", route)
    second = await town.start_another("worker", "notifications")
    async with frozen("worker")(town, "notifications"):
        async with town.user(AGENCY, "targets:write") as agency:
            small = TARGET | {"value": 12, "starts_on": "2025-10-01", "ends_on": "2025-10-25"}
            await agency.send("POST", "targets", "/v1/targets", small)
        await town.sign_up(town.people(12), answers)
        told = "SELECT change FROM deliveries WHERE state IN ('sent', 'superseded') ORDER BY alert_version"
        await until(
            "an alert with its end",
            lambda: town.rows("notifications", told),
            lambda rows: [row["change"] for row in rows][-1:] == ["resolved"],
            seconds=60,
        )
    assert (await town.rows("notifications", told))[0]["change"] == "raised"
    assert len(await town.rows("notifications", "SELECT 1 FROM alerts WHERE status = 'resolved'")) == 1
    second.terminate()
    await second.wait()


async def test_a_relay_that_is_frozen_is_replaced(town: Town) -> None:
    answers = Answers()
    await town.start_all()
    await town.register()
    second = await town.start_another("worker", "enrolment")
    await town.sign_up(town.people(5), answers)
    async with frozen("worker")(town, "enrolment"):
        await town.sign_up(town.people(20), answers)
        await until(
            "25 sign-ups in the ledger",
            lambda: town.rows("targets", "SELECT 1 FROM ledger"),
            lambda rows: len(rows) == 25,
            seconds=60,
        )
    await town.counted_once(answers)
    second.terminate()
    await second.wait()


@pytest.mark.long
async def test_a_worker_behind_a_dead_connection_to_the_broker_is_relieved_by_another(town: Town) -> None:
    answers = Answers()
    url = urlsplit(town.environment["AMQP_URL"])
    async with proxy_to(url.hostname or "localhost", url.port or 5672) as (proxy, port):
        await town.start_all()
        await town.register()
        await town.stop("worker", "targets")
        behind = url._replace(netloc=f"{url.netloc.rpartition('@')[0]}@127.0.0.1:{port}").geturl()
        await town.start("worker", "targets", AMQP_URL=behind)
        await town.ready("worker", "targets")
        second = await town.start_another("worker", "targets")
        proxy.stall()
        await town.sign_up(town.people(40), answers)
        await town.counted_once(answers)
        await town.has_health("worker", "targets", 503)
        proxy.cut()
        proxy.flow()
        await town.ready("worker", "targets")
        second.terminate()
        await second.wait()
