"""A worker that is killed between claim, send and record: the message arrives, under one id, and is recorded once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from drive.client.client import until
from tests.faults.notified import ALLOWED, become, deliveries, let_the_lease_end, put, put_route, raise_alerts
from tests.notifications.receiver import Receiver, a_receiver
from tests.notifications.service import alone
from tests.support.installation import Installation
from tests.support.proxy import proxy_to
from tests.support.smtp import SILENCE, a_scripted_server
from tests.support.waiting import soon


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A webhook receiver on this machine."""
    async with a_receiver() as listening:
        yield listening


async def start_a_worker(installation: Installation, **more: str) -> None:
    """It need not be ready."""
    await installation.start("worker", "notifications", **ALLOWED, **more)


async def test_killed_after_the_claim_and_before_the_receiver_has_the_webhook_it_is_sent_by_the_next_worker(
    installation: Installation, receiver: Receiver
) -> None:
    async with proxy_to("127.0.0.1", receiver.port) as (proxy, port):
        put_now = await put(installation, "webhook", receiver.url.replace(str(receiver.port), str(port)))
        receiver.secret = put_now["secret"]
        await raise_alerts(installation, alone())
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
        await raise_alerts(installation, alone())
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
    await raise_alerts(installation, alone())
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
    await raise_alerts(installation, alone())
    await start_a_worker(installation)
    await become(installation, [("sent", ["sent"])])
    await installation.kill("worker", "notifications")
    await raise_alerts(installation, alone())
    await start_a_worker(installation)
    await become(installation, [("sent", ["sent"])] * 2)
    assert len({call.id for call in receiver.calls}) == len(receiver.calls) == 2
