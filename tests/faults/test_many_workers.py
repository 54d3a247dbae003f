"""Ten worker processes on a thousand deliveries: each is recorded once, also where some of them are killed."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from typing import Final

import pytest

from drive.client.client import until
from tests.faults.notified import ALLOWED, let_the_lease_end, put_route, raise_alerts
from tests.notifications.receiver import Receiver, a_receiver
from tests.notifications.service import an_episode
from tests.support.forked import Forked
from tests.support.installation import Installation
from tests.support.waiting import soon

WORKERS: Final = 10
ALERTS: Final = 1000
GROUPS: Final = 250
"""Four alerts are one message."""
_FAST: Final = {**ALLOWED, "DRIVE_ROUTE_MESSAGES_PER_MINUTE": "60000"}
_PENDING: Final = "SELECT count(*) FROM deliveries WHERE state = 'pending'"
_UNSENT: Final = "SELECT count(*) FROM deliveries WHERE state <> 'sent'"
_RECORDED: Final = """
    SELECT count(*), count(DISTINCT delivery_id), count(DISTINCT (d.alert_id, d.channel, d.alert_version))
    FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE a.outcome = 'sent'
"""


async def count(installation: Installation, query: str) -> int:
    """What a query counts."""
    return int((await installation.rows("notifications", query))[0][0])


async def start(installation: Installation) -> list[Forked]:
    """The workers, each of them ready."""
    return await asyncio.gather(
        *(installation.start_another("worker", "notifications", **_FAST) for _ in range(WORKERS))
    )


def signal_each(workers: Sequence[Forked], which: signal.Signals) -> None:
    """Send it to all of these."""
    for worker in workers:
        worker.send_signal(which)


async def end(workers: Sequence[Forked], how: signal.Signals) -> None:
    """All of these."""
    signal_each(workers, how)
    await asyncio.gather(*(worker.wait() for worker in workers))


@pytest.mark.parametrize("killed", [4, pytest.param(0, marks=pytest.mark.long)])
async def test_ten_worker_processes_send_each_of_a_thousand_deliveries_and_record_it_once(
    installation: Installation, killed: int
) -> None:
    lags = [an_episode(path=(f"AREA-{n // (ALERTS // GROUPS)}", f"UNIT-{n}")) for n in range(ALERTS)]
    async with a_receiver() as receiver:
        await put_route(installation, receiver)
        workers = await start(installation)
        victims, others = workers[:killed], workers[killed:]
        receiver.gate.clear()
        if killed:
            signal_each(others, signal.SIGSTOP)  # so that the victims claim some
        await raise_alerts(installation, *lags)
        await soon(receiver.arrived.get())
        signal_each(others, signal.SIGCONT)
        await end(victims, signal.SIGKILL)
        receiver.gate.set()
        if killed:
            await until(
                "nothing to claim", lambda: count(installation, _PENDING), lambda found: found == 0, seconds=120
            )
            await end(others, signal.SIGTERM)
            assert await count(installation, _UNSENT) > 0  # what the killed ones had claimed
            await let_the_lease_end(installation)
            await installation.start_another("worker", "notifications", **_FAST)
        await until("all messages", lambda: count(installation, _UNSENT), lambda found: found == 0, seconds=120)
    each_arrived(receiver, [str(lag.target_id) for lag in lags], exactly_once=not killed)
    assert [tuple(row) for row in await installation.rows("notifications", _RECORDED)] == [(ALERTS, ALERTS, ALERTS)]


def each_arrived(receiver: Receiver, targets: list[str], *, exactly_once: bool) -> None:
    """Each alert in one message, which bears the same id and the same words however often it came."""
    words = {call.id: call.raw for call in receiver.calls}
    assert all(words[call.id] == call.raw for call in receiver.calls)
    events = {call.id: call.events for call in receiver.calls}
    told = Counter(event["data"]["target_id"] for message in events.values() for event in message)
    assert told == Counter(targets)
    assert len(words) == GROUPS
    assert len(receiver.calls) == GROUPS or not exactly_once
