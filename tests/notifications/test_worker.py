"""The whole worker: an event goes in at the broker, a signed webhook comes out."""

from __future__ import annotations

import asyncio
from typing import Any

from notifications.worker import create_worker
from services.contracts.pace import PaceFellBehind
from services.contracts.subscriptions import BINDINGS
from services.ids import new_id
from services.messaging.broker import EventMessage
from services.messaging.in_process import InProcessBroker
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, NotificationsService, an_episode
from tests.support.logged import logged, outages_in
from tests.support.processes import free_port
from tests.support.waiting import eventually, running, soon


def a_message(event: PaceFellBehind) -> EventMessage:
    """The event as a relay publishes it."""
    return EventMessage(str(new_id()), event.type, f"[{event.model_dump_json()}]".encode())


async def test_a_pace_event_becomes_a_signed_webhook(service: NotificationsService, receiver: Receiver) -> None:
    receiver.secret = (await service.put_route("ops", receiver.url, under="38"))["secret"]
    broker = InProcessBroker(BINDINGS)
    worker = create_worker(service.runtime, broker)
    async with running(worker.run()) as task:
        await soon(broker.publish([a_message(an_episode().fell_behind())]))
        call = await soon(receiver.arrived.get())
        worker.stop()
        await soon(task)
    assert call.body["type"] == "drive.alert.raised.v1"
    assert call.body["data"]["unit_name"] == "Xã Cẩm Thạch"
    assert [delivery["state"] for delivery in await service.deliveries()] == ["sent"]


async def test_a_worker_that_ends_watches_a_mail_server_that_is_away_no_longer(make_service: MakeService) -> None:
    service = await make_service(smtp_url=f"smtp://127.0.0.1:{free_port()}")
    await service.put_route("ops", "ops@bhxh.example", under="38")
    await service.handle(an_episode().fell_behind())
    before = asyncio.all_tasks()
    worker = create_worker(service.runtime, InProcessBroker(BINDINGS))

    async def mail_is_away() -> bool:
        return ("outage_began", "mail") in outages_in(lines)

    with logged() as lines:
        async with running(worker.run()) as task:
            await eventually(mail_is_away, True)
            worker.stop()
            await soon(task)

    async def left() -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks() - before

    await eventually(left, set())
