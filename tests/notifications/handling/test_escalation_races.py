"""A step of an escalation beside people and other workers: whoever has the row of the alert first decides."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from notifications.handling.deadlines import PAGE, meet_deadlines
from tests.notifications.escalations.steps import a_step, from_now_on, put_chain, put_routes, told
from tests.notifications.handling.steps import Handled
from tests.notifications.handling.test_races import LOCK, acknowledging, kind_of, waiting_for_locks
from tests.notifications.service import NotificationsService
from tests.support.waiting import eventually

ESCALATED = [("unit", "escalated", 1)]


@pytest.fixture
async def alert(service: NotificationsService) -> Handled:
    """An alert whose first step is due, and another one in a day."""
    await put_routes(service, "unit")
    await put_chain(service, a_step("PT4H", "unit"), a_step("P1D", "unit"))
    alert = await Handled(service).begin(from_now_on(service))
    service.clock.advance(timedelta(hours=4))
    return alert


async def test_an_acknowledgement_that_waits_for_a_step_is_refused_since_it_was_of_the_alert_before(
    alert: Handled,
) -> None:
    service, terms = alert.service, alert.service.runtime.settings.terms
    async with service.runtime.database.write() as work:
        assert await meet_deadlines(work, service.context(), terms, PAGE) == 1
        asked = asyncio.ensure_future(acknowledging(alert)())
        await eventually(lambda: waiting_for_locks(service), 1)
    assert kind_of(await asked) == "stale-version"
    assert await alert.timeline() == [("raised", 1), ("escalated", 2)]
    assert kind_of(await acknowledging(alert, 2)()) == "done"
    assert await told(service) == [*ESCALATED, ("unit", "acknowledged", 1)]


async def test_a_step_beside_an_acknowledgement_is_not_taken_and_nobody_is_told(alert: Handled) -> None:
    service = alert.service
    async with service.runtime.database.write() as work:
        await work.execute(LOCK, {"id": alert.id})
        asked = asyncio.ensure_future(acknowledging(alert)())
        await eventually(lambda: waiting_for_locks(service), 1)
        await alert.clock_looks()
    assert kind_of(await asked) == "done"
    await alert.clock_looks()
    assert await alert.timeline() == [("raised", 1), ("acknowledged", 2)]
    assert await told(service) == []


async def test_a_second_worker_leaves_a_step_alone_that_another_one_is_taking(alert: Handled) -> None:
    service, terms = alert.service, alert.service.runtime.settings.terms
    async with service.runtime.database.write() as work:
        assert await meet_deadlines(work, service.context(), terms, PAGE) == 1
        await alert.clock_looks()
        assert (await alert.shown())["level"] == 0
    await alert.clock_looks()
    assert await alert.timeline() == [("raised", 1), ("escalated", 2)]
    assert await told(service) == ESCALATED
