"""Alerts that nobody acts on in time are escalated."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications.handling.deadlines import PAGE, meet_deadlines
from tests.notifications.escalations.steps import a_step, from_now_on, put_chain, put_routes, told
from tests.notifications.handling.steps import Handled
from tests.notifications.service import NotificationsService


@pytest.fixture
async def alert(service: NotificationsService) -> Handled:
    """An alert with a chain of three steps."""
    await put_routes(service, "unit", "province", "director")
    steps = [a_step("PT4H", "unit"), a_step("P1D", "province"), a_step("P30D", "province", "director")]
    assert (await put_chain(service, *steps)).status_code == 201
    return await Handled(service).begin(from_now_on(service))


class KilledError(Exception):
    """Ends a unit of work before its commit."""


def wait(alert: Handled, **since_raised: float) -> None:
    """Let time pass until so long after the alert was raised."""
    raised = datetime.fromisoformat(alert.raised_at)
    alert.wait_until(raised + timedelta(**since_raised))


async def test_an_alert_that_nobody_acknowledges_goes_up_step_by_step(alert: Handled) -> None:
    service = alert.service
    wait(alert, hours=4, seconds=-1)
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 0
    wait(alert, hours=4)
    await alert.clock_looks()
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 1
    assert await told(service) == [("unit", "escalated", 1)]
    wait(alert, hours=24)
    await alert.clock_looks()
    assert await told(service) == [("unit", "escalated", 1), ("province", "escalated", 2)]
    assert await service.outbox_types() == ["drive.alert.raised.v1", *["drive.alert.escalated.v1"] * 2]
    entries = (await alert.get("/timeline"))["items"]
    assert [(entry["kind"], entry["by"], entry["reason"]) for entry in entries[1:]] == [
        ("escalated", None, "level 1: nobody has acknowledged it in time"),
        ("escalated", None, "level 2: nobody has acknowledged it in time"),
    ]


async def test_an_acknowledgement_stops_it_and_when_that_times_out_the_time_begins_anew(alert: Handled) -> None:
    wait(alert, hours=5)
    await alert.clock_looks()
    until = datetime.fromisoformat((await alert.do("acknowledgement"))["acknowledged_until"])
    alert.wait_until(until - timedelta(seconds=1))
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 1
    alert.wait_until(until + timedelta(hours=24, seconds=-1))
    await alert.service.execute("UPDATE alerts SET overdue_since = report_due_at")  # which would be a level of its own
    await alert.clock_looks()
    assert ((await alert.shown())["status"], (await alert.shown())["level"]) == ("open", 1)
    alert.wait_until(until + timedelta(hours=24))
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 2


async def test_a_report_that_is_overdue_is_a_level_at_once(alert: Handled) -> None:
    shown = await alert.do("acknowledgement")
    await alert.service.execute("UPDATE alerts SET acknowledged_until = NULL")  # it holds for ever
    alert.wait_until(shown["report_due_at"])
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 1
    assert await alert.timeline() == [("raised", 1), ("acknowledged", 2), ("report_overdue", 2), ("escalated", 3)]
    assert await told(alert.service) == [("unit", "escalated", 1)]
    entries = (await alert.get("/timeline"))["items"]
    assert entries[-1]["reason"] == "level 1: no report has come in time"


async def test_a_remedy_that_is_missed_is_a_level_at_once_by_the_clock_and_by_hand(alert: Handled) -> None:
    await alert.do("report", **alert.report(alert.remedy(1), alert.remedy(90)))
    alert.wait_for_the_day_after(alert.due_on(1))
    await alert.clock_looks()
    assert [kind for kind, _ in await alert.timeline()] == ["raised", "reported", "remedy_missed", "escalated"]
    shown = await alert.do("remedies/2", state="missed", note="it rained")
    assert (shown["level"], shown["status"], shown["version"]) == (2, "reported", 6)
    entries = (await alert.get("/timeline"))["items"][-2:]
    assert [(entry["kind"], bool(entry["by"]), entry["note"]) for entry in entries] == [
        ("remedy_missed", True, "it rained"),
        ("escalated", False, None),
    ]
    assert await told(alert.service, "escalated") == [("unit", "escalated", 1), ("province", "escalated", 2)]


async def test_a_remedy_that_is_done_or_dropped_is_no_level(alert: Handled) -> None:
    await alert.do("report", **alert.report(alert.remedy(5), alert.remedy(5), alert.remedy(5)))
    await alert.do("remedies/1", state="done")
    assert (await alert.do("remedies/2", state="dropped"))["level"] == 0


async def test_whoever_was_told_by_a_step_is_told_of_what_follows(alert: Handled) -> None:
    wait(alert, hours=4)
    await alert.clock_looks()
    await alert.do("acknowledgement")
    await alert.service.handle(alert.lag.recovered())
    assert await told(alert.service) == [("unit", "escalated", 1), ("unit", "acknowledged", 1), ("unit", "resolved", 1)]


async def test_a_route_for_a_level_is_told_when_that_is_reached_although_no_step_names_it(alert: Handled) -> None:
    await alert.service.put_route("level-2", "two@example.org", min_level=2)
    await alert.service.put_route("level-2-elsewhere", "two@example.org", min_level=2, under="15127")
    wait(alert, hours=24)
    await alert.clock_looks()
    assert await told(alert.service) == [
        ("unit", "escalated", 1),
        ("level-2", "escalated", 2),
        ("province", "escalated", 2),
    ]


async def test_a_route_that_is_disabled_is_not_told_and_the_level_rises_all_the_same(alert: Handled) -> None:
    await alert.service.execute("UPDATE routes SET disabled_at = now(), disabled_reason = 'gone' WHERE name = 'unit'")
    wait(alert, hours=4)
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 1
    assert await told(alert.service) == []


async def test_an_alert_that_is_raised_again_begins_below_the_first_step(alert: Handled) -> None:
    wait(alert, hours=4)
    await alert.clock_looks()
    await alert.do("resolution", reason="the list was wrong")
    await alert.service.handle(alert.lag.worsened())
    assert (await alert.shown())["level"] == 0
    wait(alert, hours=8)
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 1


async def test_an_alert_that_is_resolved_is_not_escalated(alert: Handled) -> None:
    await alert.service.handle(alert.lag.recovered())
    wait(alert, days=2)
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 0
    assert await _looks(alert) == [None]


async def test_a_chain_that_is_put_or_removed_holds_for_alerts_that_are_open(service: NotificationsService) -> None:
    await put_routes(service, "unit", "commune")
    alert = await Handled(service).begin(from_now_on(service))
    wait(alert, hours=5)
    await alert.clock_looks()
    assert await _looks(alert) == [None]
    await put_chain(service, a_step("PT4H", "unit"), a_step("PT8H", "unit"))
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 1
    await put_chain(service, a_step("PT1H", "commune"), a_step("PT6H", "commune"), name="nearer", under="15142")
    wait(alert, hours=6)
    await alert.clock_looks()
    assert await told(service) == [("unit", "escalated", 1), ("commune", "escalated", 2)]
    await service.client.delete("/v1/escalations/nearer")
    await service.client.delete("/v1/escalations/chain")
    wait(alert, days=1)
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 2


@pytest.mark.parametrize("of_before", [[], [a_step("P30D", "unit")]])
async def test_a_unit_that_comes_under_another_chain_goes_on_by_that_at_once(
    service: NotificationsService, of_before: list[dict[str, Any]]
) -> None:
    await put_routes(service, "unit")
    for steps in filter(None, [of_before]):
        await put_chain(service, *steps, name="before", under="BHXH-CT")
    await put_chain(service, a_step("PT4H", "unit"), name="after", under="BHXH-BT")
    alert = await Handled(service).begin(from_now_on(service))
    await alert.clock_looks()
    alert.lag.path = ("BHXH-BT", "15142")
    await service.handle(alert.lag.worsened(severity="warning"))  # figures of the unit where it is now
    wait(alert, hours=4)
    await alert.clock_looks()
    assert await told(service) == [("unit", "escalated", 1)]


async def test_what_a_process_of_the_version_before_has_raised_is_escalated(alert: Handled) -> None:
    await alert.service.execute("UPDATE alerts SET unacknowledged_since = NULL, next_escalation_at = DEFAULT")
    wait(alert, hours=4)
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 1


@pytest.mark.parametrize("again", [False, True])
async def test_steps_of_an_alert_that_is_heard_of_late_count_from_then(
    service: NotificationsService, again: bool
) -> None:
    """Out of a dead letter, or after an outage: nobody could act on it before."""
    await put_routes(service, "unit")
    await put_chain(service, a_step("PT4H", "unit"))
    lag = from_now_on(service)
    service.advance(days=7)
    alert = await Handled(service).begin(lag)
    if again:
        await alert.do("resolution", reason="the list was wrong")
        service.advance(days=1)
        await service.handle(lag.worsened())
    service.advance(hours=3, minutes=59)
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 0
    service.advance(minutes=1)
    await alert.clock_looks()
    assert (await alert.shown())["level"] == 1


async def test_whoever_a_step_has_told_hears_that_the_acknowledgement_is_over(alert: Handled) -> None:
    wait(alert, hours=4)
    await alert.clock_looks()
    alert.wait_until((await alert.do("acknowledgement"))["acknowledged_until"])
    await alert.clock_looks()
    assert await told(alert.service) == [
        ("unit", "escalated", 1),
        ("unit", "acknowledged", 1),
        ("unit", "timed_out", 1),
    ]


async def test_whoever_a_step_has_told_of_the_alert_hears_that_its_end_was_none(alert: Handled) -> None:
    wait(alert, hours=4)
    await alert.clock_looks()
    await alert.do("resolution", reason="the list was wrong")
    await alert.service.handle(alert.lag.worsened())
    assert [(route, change) for route, change, _ in await told(alert.service)] == [
        ("unit", "escalated"),
        ("unit", "resolved"),
        ("unit", "raised"),
    ]


async def test_many_alerts_are_each_one_level_higher_however_many_workers_look(service: NotificationsService) -> None:
    await put_routes(service, "unit")
    await put_chain(service, a_step("PT4H", "unit"))
    await service.handle_batch([from_now_on(service).fell_behind() for _ in range(2 * PAGE + 1)])
    alert = Handled(service)
    alert.raised_at = (await service.alerts(limit=1))[0]["raised_at"]
    await alert.clock_looks()  # before anything is due
    wait(alert, hours=4)
    await asyncio.gather(*(alert.clock_looks() for _ in range(3)))
    await alert.clock_looks()
    rows = await service.query("SELECT level, version, next_escalation_at FROM alerts")
    assert {(row.level, row.version, row.next_escalation_at) for row in rows} == {(1, 2, None)}
    assert len(await told(service)) == len(rows) == 2 * PAGE + 1


async def test_a_worker_that_is_killed_before_it_commits_leaves_the_step_to_others(alert: Handled) -> None:
    service, terms = alert.service, alert.service.runtime.settings.terms
    wait(alert, hours=4)

    async def look_and_be_killed() -> None:
        async with service.runtime.database.write() as work:
            assert await meet_deadlines(work, service.context(), terms, PAGE) == 1
            raise KilledError

    with pytest.raises(KilledError):
        await look_and_be_killed()
    assert (await alert.shown())["level"] == 0
    await alert.clock_looks()
    assert await told(service) == [("unit", "escalated", 1)]


async def _looks(alert: Handled) -> list[datetime | None]:
    return [row.next_escalation_at for row in await alert.service.query("SELECT next_escalation_at FROM alerts")]
