"""Workers that are killed in the middle of an escalation, or race each other and people: each step is taken and told
once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import pytest
import pytest_asyncio

from drive.client.client import NotYet, Refused, until
from notifications.handling.deadlines import PAGE
from tests.faults.faults import administrator
from tests.faults.held_up import HELD_UP, closed_gate, keep_what_is_told
from tests.faults.notified import ALLOWED, let_the_lease_end, put_route, raise_alerts
from tests.notifications.receiver import Receiver, a_receiver
from tests.notifications.service import Episode, an_episode
from tests.support.clock import SettableClock
from tests.support.installation import Installation
from tests.support.waiting import soon

ALERTS: Final = 2 * PAGE + 20
RACERS: Final = 60
ROUTES: Final = ("unit", "province")
_STEPS: Final = [{"after": "PT4H", "routes": ["unit"]}, {"after": "P1D", "routes": ["province"]}]
_LONG_AGO: Final = datetime(2025, 10, 20, 1, tzinfo=UTC)
"""More than a day before the day on which the processes run: both steps are due at once."""
_TYPES: Final = "NEW.type = 'drive.alert.escalated.v1'"
_LEFT: Final = "SELECT count(*) FROM alerts WHERE level < 2 AND status = 'open'"
_ESCALATED: Final = "SELECT count(*), count(DISTINCT (alert_id, version)) FROM alert_timeline WHERE kind = 'escalated'"
_QUEUED: Final = "SELECT route_name, count(*), count(DISTINCT alert_id) FROM deliveries GROUP BY 1 ORDER BY 1"
_UNSENT: Final = "SELECT count(*) FROM deliveries WHERE state <> 'sent'"
_OFTEN: Final = {"DRIVE_DEADLINE_SECONDS": "0.2", **ALLOWED}


@pytest_asyncio.fixture
async def receivers() -> AsyncIterator[dict[str, Receiver]]:
    """One for the route of each step."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(a_receiver()) for name in ROUTES}


async def prepare(installation: Installation, receivers: dict[str, Receiver], alerts: int) -> list[Episode]:
    """Alerts that have been open for long, and the routes of a chain."""
    lags = [an_episode(path=(f"AREA-{n % 20}", f"UNIT-{n}"), begins=_LONG_AGO) for n in range(alerts)]
    for name, receiver in receivers.items():
        await put_route(installation, receiver, name, min_level=100)
    await raise_alerts(installation, *lags, heard=SettableClock(_LONG_AGO))
    await keep_what_is_told(installation, "notifications", _TYPES)
    return lags


async def put_chain(installation: Installation) -> None:
    """By which these alerts are to be two levels higher."""
    async with installation.user("OPS", "alerts:write") as ops:
        await ops.send("PUT", "notifications", "/v1/escalations/everywhere", {"steps": _STEPS})


async def begin(installation: Installation, receivers: dict[str, Receiver], alerts: int = ALERTS) -> list[Episode]:
    """Both."""
    lags = await prepare(installation, receivers, alerts)
    await put_chain(installation)
    return lags


async def left(installation: Installation) -> int:
    """How many open alerts are not at their last level yet."""
    return int((await installation.rows("notifications", _LEFT))[0][0])


async def counts(installation: Installation, query: str) -> list[tuple[Any, ...]]:
    """Rows of figures."""
    return [tuple(row) for row in await installation.rows("notifications", query)]


def steps_told(receivers: dict[str, Receiver]) -> Counter[tuple[str, str, int]]:
    """Route, target and level of all that arrived, each message once, however often it came."""
    once = {(name, call.id): call.events for name, receiver in receivers.items() for call in receiver.calls}
    return Counter(
        (name, event["data"]["target_id"], event["data"]["level"])
        for (name, _), events in once.items()
        for event in events
    )


async def each_step_is_taken_and_told_once(
    installation: Installation, receivers: dict[str, Receiver], lags: list[Episode]
) -> None:
    """Level by level, in the timeline, in events, in deliveries, and at the receivers."""
    n = len(lags)
    await until("all levels", lambda: left(installation), lambda found: found == 0, seconds=120)
    assert await counts(installation, "SELECT DISTINCT level, version FROM alerts") == [(2, 3)]
    assert await counts(installation, _ESCALATED) == [(2 * n, 2 * n)]
    assert await counts(installation, "SELECT count(*), count(DISTINCT id) FROM told") == [(2 * n, 2 * n)]
    assert await counts(installation, _QUEUED) == [("province", n, n), ("unit", n, n)]
    await until("all messages", lambda: counts(installation, _UNSENT), lambda found: found == [(0,)], seconds=120)
    assert steps_told(receivers) == Counter(
        (name, str(lag.target_id), level) for level, name in enumerate(ROUTES, 1) for lag in lags
    )


@pytest.mark.parametrize("where", HELD_UP)
async def test_a_worker_that_is_killed_before_its_commit_leaves_each_step_to_the_next(
    installation: Installation, receivers: dict[str, Receiver], where: str
) -> None:
    lags = await begin(installation, receivers)
    seen = [await left(installation)]
    async with closed_gate(installation, "notifications", _TYPES, where) as gate:
        for _ in range(2):
            await installation.start("worker", "notifications", **_OFTEN)
            await gate.until_held_up()
            await gate.let_some_through(partial(left, installation))
            await installation.kill("worker", "notifications")
            seen.append(await left(installation))
            assert seen[-1] < seen[-2]
            assert await counts(installation, _ESCALATED) == [(2 * (ALERTS - seen[-1]),) * 2]
    assert 0 not in seen
    await let_the_lease_end(installation)  # of what the killed ones had begun to send
    await installation.start("worker", "notifications", **_OFTEN)
    await each_step_is_taken_and_told_once(installation, receivers, lags)


async def test_a_worker_that_is_killed_between_commit_and_claim_leaves_the_messages_to_the_next(
    installation: Installation, receivers: dict[str, Receiver]
) -> None:
    lags = await begin(installation, receivers, alerts=20)
    await installation.start("worker", "notifications", **_OFTEN, DRIVE_GROUP_WAIT_SECONDS="3600")
    await until("all levels", lambda: left(installation), lambda found: found == 0, seconds=60)
    await installation.kill("worker", "notifications")
    assert await counts(installation, "SELECT state, count(*) FROM deliveries GROUP BY 1") == [("pending", 40)]
    async with administrator(installation, "notifications") as connection:
        await connection.execute("UPDATE deliveries SET next_attempt_at = now()")  # an hour later
    await installation.start("worker", "notifications", **_OFTEN)
    await each_step_is_taken_and_told_once(installation, receivers, lags)


async def test_a_worker_that_is_killed_between_commit_and_record_sends_under_the_same_ids(
    installation: Installation, receivers: dict[str, Receiver]
) -> None:
    lags = await begin(installation, receivers, alerts=20)
    receivers["unit"].gate.clear()
    await installation.start("worker", "notifications", **_OFTEN)
    first = await soon(receivers["unit"].arrived.get())
    await installation.kill("worker", "notifications")
    receivers["unit"].gate.set()
    await let_the_lease_end(installation)
    await installation.start("worker", "notifications", **_OFTEN)
    await each_step_is_taken_and_told_once(installation, receivers, lags)
    assert {call.raw for call in receivers["unit"].calls if call.id == first.id} == {first.raw}
    assert await counts(installation, "SELECT count(*) FROM delivery_attempts WHERE outcome = 'sent'") == [(40,)]


async def test_of_two_workers_and_people_who_acknowledge_at_once_each_alert_goes_one_way(
    installation: Installation, receivers: dict[str, Receiver]
) -> None:
    await prepare(installation, receivers, alerts=RACERS)
    await installation.start("worker", "notifications", **_OFTEN)
    await installation.start_another("worker", "notifications", **_OFTEN)
    ids = [row["id"] for row in await installation.rows("notifications", "SELECT id FROM alerts ORDER BY random()")]
    async with installation.user("OPS", "alerts:write") as ops:
        chain = asyncio.ensure_future(put_chain(installation))
        taken = sum(await asyncio.gather(*(_acknowledged(ops, alert_id) for alert_id in ids)))
        await chain
    await until("all levels", lambda: left(installation), lambda found: found == 0, seconds=60)
    states = "SELECT status, level, version, count(*) FROM alerts GROUP BY 1, 2, 3 ORDER BY 1"
    expected = [("acknowledged", 0, 2, taken), ("open", 2, 3, RACERS - taken)]
    assert await counts(installation, states) == [row for row in expected if row[3]]
    assert await counts(installation, _ESCALATED) == [(2 * (RACERS - taken),) * 2]


async def _acknowledged(ops: Any, alert_id: object) -> bool:
    """Whether who has seen the alert before any step is the one who acts; refused where a step was faster."""
    while True:
        try:
            await ops.send("POST", "notifications", f"/v1/alerts/{alert_id}/acknowledgement", {"version": 1})
        except NotYet:
            continue
        except Refused as refusal:
            assert "stale-version" in str(refusal) or "already-acknowledged" in str(refusal)  # noqa: PT017
            return "already-acknowledged" in str(refusal)
        return True
