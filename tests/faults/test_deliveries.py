"""A worker that is killed between claim, send and record: the message arrives, under one id, and is recorded once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from drive.client.client import until
from notifications.alerts.consumers import pace_handlers
from notifications.domain.terms import Terms
from notifications.tables import SCHEMA
from services.clock import SystemClock
from services.context import context_of
from services.contracts.pace import PaceFellBehind
from services.persistence.database import Database
from tests.faults.faults import administrator
from tests.notifications.receiver import Receiver, a_receiver
from tests.notifications.service import alone
from tests.support.installation import Installation
from tests.support.proxy import proxy_to
from tests.support.smtp import SILENCE, a_scripted_server
from tests.support.waiting import soon

ALLOWED = {"DRIVE_WEBHOOK_ALLOW": "127.0.0.0/8"}


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A webhook receiver on this machine."""
    async with a_receiver() as listening:
        yield listening


async def put(installation: Installation, channel: str, address: str) -> dict[str, Any]:
    """A route, by the API."""
    await installation.start("serve", "notifications", **ALLOWED)
    await installation.ready("serve", "notifications")
    async with installation.user("OPS", "alerts:write") as ops:
        body = {"channel": channel, "address": address}
        answer: dict[str, Any] = await ops.send("PUT", "notifications", "/v1/routes/ops", body)
        return answer


async def put_route(installation: Installation, receiver: Receiver) -> None:
    """A route to the receiver."""
    receiver.secret = (await put(installation, "webhook", receiver.url))["secret"]


async def queue_a_delivery(installation: Installation) -> None:
    """An alert is raised, and due for the route."""
    url = installation.configuration.database("notifications")
    assert url is not None
    database = Database(url, SCHEMA)
    try:
        async with database.write() as work:
            handle = pace_handlers(Terms(timedelta(), timedelta(days=1), 3), lambda: None)[PaceFellBehind]
            await handle(work, context_of(SystemClock()), [alone().fell_behind()])
    finally:
        await database.close()


async def deliveries(installation: Installation) -> list[tuple[str, list[str]]]:
    """State and outcomes of each, oldest first."""
    rows = await installation.rows(
        "notifications",
        "SELECT d.state, array_remove(array_agg(a.outcome ORDER BY a.attempt), NULL) AS outcomes FROM deliveries d"
        " LEFT JOIN delivery_attempts a ON a.delivery_id = d.id GROUP BY d.id ORDER BY d.queued_at",
    )
    return [(row["state"], row["outcomes"]) for row in rows]


async def become(installation: Installation, expected: list[tuple[str, list[str]]]) -> None:
    """Wait until the deliveries are these."""
    await until(f"{expected}", lambda: deliveries(installation), lambda found: found == expected, seconds=60)


async def let_the_lease_end(installation: Installation) -> None:
    """As after three minutes, of which the test waits for none; what is tried again is due, too."""
    async with administrator(installation, "notifications") as connection:
        await connection.execute("UPDATE deliveries SET leased_until = now() WHERE state = 'sending'")


async def start_a_worker(installation: Installation, **more: str) -> None:
    """It need not be ready."""
    await installation.start("worker", "notifications", **ALLOWED, **more)


async def test_killed_after_the_claim_and_before_the_receiver_has_the_webhook_it_is_sent_by_the_next_worker(
    installation: Installation, receiver: Receiver
) -> None:
    async with proxy_to("127.0.0.1", receiver.port) as (proxy, port):
        put_now = await put(installation, "webhook", receiver.url.replace(str(receiver.port), str(port)))
        receiver.secret = put_now["secret"]
        await queue_a_delivery(installation)
        proxy.stall()
        await start_a_worker(installation)
        await until("a connection", proxy.open_connections, lambda found: found > 0, seconds=60)
        await installation.kill("worker", "notifications")
        proxy.cut()
        proxy.flow()
        assert (await deliveries(installation), receiver.calls) == ([("sending", [])], [])
        await let_the_lease_end(installation)
        await start_a_worker(installation)
        await become(installation, [("sent", ["retry", "sent"])])
    assert len(receiver.calls) == 1


async def test_killed_after_the_claim_of_a_mail_it_is_left_to_a_person_since_nobody_knows_how_far_it_came(
    installation: Installation,
) -> None:
    async with a_scripted_server({"greeting": SILENCE}) as server:
        installation.environment["SMTP_URL"] = f"smtp://127.0.0.1:{server.port}"
        await put(installation, "mail", "ops@example.org")
        await queue_a_delivery(installation)
        await start_a_worker(installation)
        await until("a session", server.count, lambda found: found > 0, seconds=60)
        await installation.kill("worker", "notifications")
        assert await deliveries(installation) == [("sending", [])]
        server.answers = {}
        await let_the_lease_end(installation)
        await start_a_worker(installation)
        await become(installation, [("unconfirmed", ["unconfirmed"])])
        assert server.texts == []


async def test_killed_when_the_receiver_has_the_message_it_is_sent_again_under_the_same_id(
    installation: Installation, receiver: Receiver
) -> None:
    await put_route(installation, receiver)
    await queue_a_delivery(installation)
    receiver.gate.clear()
    await start_a_worker(installation)
    first = await soon(receiver.arrived.get())
    await installation.kill("worker", "notifications")
    receiver.gate.set()
    assert await deliveries(installation) == [("sending", [])]
    await let_the_lease_end(installation)
    await start_a_worker(installation)
    await become(installation, [("sent", ["retry", "sent"])])
    assert [(call.id, call.raw) for call in receiver.calls] == [(first.id, first.raw)] * 2


async def test_killed_after_the_record_nothing_is_sent_again(installation: Installation, receiver: Receiver) -> None:
    await put_route(installation, receiver)
    await queue_a_delivery(installation)
    await start_a_worker(installation)
    await become(installation, [("sent", ["sent"])])
    await installation.kill("worker", "notifications")
    await queue_a_delivery(installation)
    await start_a_worker(installation)
    await become(installation, [("sent", ["sent"])] * 2)
    assert len({call.id for call in receiver.calls}) == len(receiver.calls) == 2
