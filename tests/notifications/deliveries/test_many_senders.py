"""However many senders run, each version of an alert is sent to each route once."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace

from notifications.worker import create_sender
from services.pages import pages
from services.persistence.database import Database
from tests.notifications.deliveries.steps import connect
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, a_unit, an_episode, no_jitter

SENDERS = 10
GROUPS = 250
ALERTS = 1000


async def test_ten_senders_send_a_thousand_due_deliveries_once_each(
    make_service: MakeService, receiver: Receiver
) -> None:
    service = await make_service(route_messages_per_minute=60_000)
    await connect(service, receiver)
    lags = [an_episode(path=("38", f"BHXH-{n % GROUPS}", f"C-{n}")) for n in range(ALERTS)]
    await service.register(*(a_unit(f"BHXH-{n}") for n in range(GROUPS)))
    for page in pages([lag.fell_behind() for lag in lags], 100):  # no transaction is idle for long on a busy machine
        await service.handle_batch(page)
    async with AsyncExitStack() as stack:
        databases = [Database(service.runtime.database.url, pool_size=4) for _ in range(SENDERS)]
        for database in databases:
            stack.push_async_callback(database.close)
        senders = [create_sender(replace(service.runtime, database=each), no_jitter) for each in databases]
        attempts = await asyncio.gather(*(sender.send_due() for sender in senders))
    assert sum(attempts) == len(receiver.calls) == len({call.id for call in receiver.calls}) == GROUPS
    told = Counter(event["data"]["target_id"] for call in receiver.calls for event in call.events)
    assert told == Counter(str(lag.target_id) for lag in lags)
    rows = await service.query("SELECT state, attempts, count(*) AS n FROM deliveries GROUP BY state, attempts")
    assert [(row.state, row.attempts, row.n) for row in rows] == [("sent", 1, ALERTS)]
    [recorded] = await service.query("SELECT count(*) AS n, count(DISTINCT delivery_id) AS of FROM delivery_attempts")
    assert (recorded.n, recorded.of) == (ALERTS, ALERTS)
