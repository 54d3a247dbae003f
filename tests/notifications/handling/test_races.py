"""Two at once on one alert: whoever comes second is refused, or finds what the first has left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from notifications.handling.deadlines import PAGE, meet_deadlines
from services.contracts.pace import PaceEvent
from tests.notifications.handling.steps import Handled
from tests.notifications.service import NotificationsService
from tests.support.waiting import eventually

LOCK = text("SELECT id FROM alerts WHERE id = :id FOR UPDATE")


@pytest.fixture
async def alert(service: NotificationsService) -> Handled:
    """An alert that was raised just now."""
    return await Handled(service).begin()


async def waiting_for_locks(service: NotificationsService) -> int:
    """How many statements wait for a lock of this database."""
    waits = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    [row] = await service.query(waits)
    return int(row.n)


async def in_order(alert: Handled, *acts: Callable[[], Awaitable[Any]]) -> list[Any]:
    """What came of each of these, of which all wait for the alert before the first of them gets it. A row is given to
    those that wait for it in the order in which they came."""
    service = alert.service
    async with service.runtime.database.write() as work:
        await work.execute(LOCK, {"id": alert.id})
        tasks = []
        for act in acts:
            tasks.append(asyncio.ensure_future(act()))
            await eventually(lambda: waiting_for_locks(service), len(tasks))
    return list(await asyncio.gather(*tasks))


def kind_of(answer: httpx.Response) -> str:
    """`done`, or the type of the problem."""
    return "done" if answer.status_code == 200 else str(answer.json()["type"]).rpartition("/")[2]


Ask = Callable[[], Awaitable[httpx.Response]]


def acknowledging(alert: Handled, version: int = 1) -> Ask:
    """Somebody who has seen that version acknowledges."""
    return lambda: alert.send("acknowledgement", version=version)


def reporting(alert: Handled, version: int = 1, cause: str = "cost") -> Ask:
    """Somebody who has seen that version reports."""
    return lambda: alert.send("report", version=version, **alert.report(causes=[{"code": cause}]))


def lag(alert: Handled, event: PaceEvent) -> Callable[[], Awaitable[None]]:
    """The event is handled."""
    return lambda: alert.service.handle(event)


async def test_an_acknowledgement_before_a_recovery_is_taken_and_the_alert_is_resolved(alert: Handled) -> None:
    answer, _ = await in_order(alert, acknowledging(alert), lag(alert, alert.lag.recovered(2)))
    assert kind_of(answer) == "done"
    shown = await alert.shown()
    assert (shown["status"], shown["acknowledged_by"]["subject"]) == ("resolved", "OPS")
    assert await alert.timeline() == [("raised", 1), ("acknowledged", 2), ("resolved", 3)]


async def test_an_acknowledgement_after_a_recovery_is_refused_and_the_alert_stays_resolved(alert: Handled) -> None:
    _, answer = await in_order(alert, lag(alert, alert.lag.recovered(2)), acknowledging(alert))
    assert kind_of(answer) == "already-resolved"
    shown = await alert.shown()
    assert (shown["status"], shown["acknowledged_by"]) == ("resolved", None)
    assert await alert.timeline() == [("raised", 1), ("resolved", 2)]


@pytest.mark.parametrize(
    ("first", "second", "refusal"),
    [
        (acknowledging, acknowledging, "already-acknowledged"),
        (acknowledging, reporting, "stale-version"),
        (reporting, reporting, "stale-version"),
        (reporting, acknowledging, "already-acknowledged"),
    ],
)
async def test_of_two_operators_at_once_the_second_is_refused(
    alert: Handled, first: Callable[[Handled], Ask], second: Callable[[Handled], Ask], refusal: str
) -> None:
    answers = await in_order(alert, first(alert), second(alert))
    assert [kind_of(answer) for answer in answers] == ["done", refusal]
    assert (await alert.shown())["version"] == 2
    assert len(await alert.timeline()) == 2


async def test_of_two_who_say_what_became_of_a_remedy_the_second_is_refused(alert: Handled) -> None:
    await alert.do("report", **alert.report())
    answers = await in_order(
        alert,
        lambda: alert.send("remedies/1", version=2, state="done"),
        lambda: alert.send("remedies/1", version=2, state="dropped"),
    )
    assert [kind_of(answer) for answer in answers] == ["done", "stale-version"]
    assert [remedy["state"] for remedy in (await alert.get("/report"))["remedies"]] == ["done"]


async def test_a_report_before_a_reopening_is_refused_since_the_alert_was_over(alert: Handled) -> None:
    await alert.do("resolution", reason="It is over")
    answer, _ = await in_order(alert, reporting(alert, 2), lag(alert, alert.lag.worsened(2)))
    assert kind_of(answer) == "already-resolved"
    assert (await alert.shown())["status"] == "open"
    assert (await alert.get("/report"))["causes"] == []


async def test_a_report_after_a_reopening_is_refused_since_it_was_of_another_version(alert: Handled) -> None:
    await alert.do("resolution", reason="It is over")
    _, answer = await in_order(alert, lag(alert, alert.lag.worsened(2)), reporting(alert, 2))
    assert kind_of(answer) == "stale-version"
    shown = await alert.shown()
    assert (shown["status"], shown["report"], shown["version"]) == ("open", None, 3)
    assert kind_of(await reporting(alert, 3)()) == "done"


async def test_a_report_while_the_clock_ends_the_acknowledgement_is_refused(alert: Handled) -> None:
    service, terms = alert.service, alert.service.runtime.settings.terms
    alert.wait_until((await alert.do("acknowledgement"))["acknowledged_until"])
    async with service.runtime.database.write() as work:
        await meet_deadlines(work, service.context(), terms, PAGE)
        asked = asyncio.ensure_future(reporting(alert, 2)())
        await eventually(lambda: waiting_for_locks(service), 1)
    assert kind_of(await asked) == "stale-version"
    assert (await alert.shown())["status"] == "open"


async def test_the_clock_finds_nothing_of_an_alert_that_is_reported_just_now(alert: Handled) -> None:
    alert.wait_until((await alert.do("acknowledgement"))["acknowledged_until"])
    answer, _ = await in_order(alert, reporting(alert, 2), lag(alert, alert.lag.worsened(2, "warning")))
    await alert.clock_looks()
    assert kind_of(answer) == "done"
    assert await alert.timeline() == [("raised", 1), ("acknowledged", 2), ("reported", 3), ("updated", 4)]
