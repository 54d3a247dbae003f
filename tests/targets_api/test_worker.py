"""The worker on a broker: sign-ups come in, pace events go out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

from services.contracts.events import EVENT
from services.contracts.pace import PaceFellBehind
from services.contracts.subscriptions import BINDINGS
from services.messaging.broker import EventMessage
from services.messaging.in_process import InProcessBroker
from targets_api.review.sweep import sweep
from targets_api.worker import create_worker
from tests.targets_api.builders import CAM_THACH, TargetsService, sign_ups


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - the database does not notify of changes
            await asyncio.sleep(0.01)


async def test_sign_ups_come_in_and_pace_goes_out_through_the_broker(service: TargetsService) -> None:
    broker = InProcessBroker(BINDINGS)
    worker = create_worker(service.runtime, broker)
    running = asyncio.create_task(worker.run())
    await service.target()
    service.runtime.clock.pin(date(2025, 11, 3))
    events = sign_ups(10, signed_on=date(2025, 11, 3))
    body = "[" + ",".join(event.model_dump_json() for event in events) + "]"

    async def arrived() -> bool:
        return bool((await service.progress(on="2025-11-03"))["new"] == 10)

    async with broker.subscribe("notifications") as inbox:
        await broker.publish([EventMessage("1", "drive.enrolment.recorded.v1", body.encode())])
        await until(arrived)
        service.runtime.clock.pin(date(2025, 11, 7))
        await sweep(service.runtime.database, service.runtime.clock)
        async with asyncio.timeout(20):
            while (delivery := (await inbox.take(1))[0]).message.type == "drive.pace.summary.v1":
                await inbox.acknowledge([delivery])
        await inbox.acknowledge([delivery])
    event = EVENT.validate_json(delivery.message.body[1:-1])
    assert isinstance(event, PaceFellBehind)
    assert event.data.scope.unit_code == CAM_THACH
    worker.stop()
    await running
