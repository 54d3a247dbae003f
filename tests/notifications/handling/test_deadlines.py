"""What the clock finds due of alerts."""

from __future__ import annotations

import asyncio
import json

import pytest

from notifications.handling.deadlines import PAGE, meet_deadlines
from tests.notifications.deliveries.steps import states
from tests.notifications.handling.steps import Handled
from tests.notifications.service import NotificationsService, an_episode


@pytest.fixture
async def alert(service: NotificationsService) -> Handled:
    """An alert that was raised just now."""
    return await Handled(service).begin()


async def test_an_acknowledgement_without_a_report_ends_and_the_alert_is_told_again(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "ops@example.org")
    alert = await Handled(service).begin()
    await service.sender().send_due()
    until = (await alert.do("acknowledgement"))["acknowledged_until"]
    await service.sender().send_due()
    await alert.clock_looks()
    assert (await alert.shown())["status"] == "acknowledged"
    alert.wait_until(until)
    await alert.clock_looks()
    await alert.clock_looks()
    shown = await alert.shown()
    assert (shown["status"], shown["acknowledged_by"], shown["acknowledged_until"]) == ("open", None, None)
    await service.sender().send_due()
    assert await states(service) == [("raised", "sent"), ("acknowledged", "sent"), ("timed_out", "sent")]
    assert (await service.outbox_types())[-1] == "drive.alert.raised.v1"
    assert (await alert.do("acknowledgement"))["status"] == "acknowledged"


async def test_an_alert_that_was_reported_stays_so(alert: Handled) -> None:
    until = (await alert.do("acknowledgement"))["acknowledged_until"]
    await alert.do("report", **alert.report(alert.remedy(90)))
    alert.wait_until(until)
    await alert.clock_looks()
    assert (await alert.shown())["status"] == "reported"


async def test_a_report_that_is_overdue_is_found_once_and_leaves_the_version(alert: Handled) -> None:
    due = (await alert.shown())["report_due_at"]
    alert.wait_until(due)
    await alert.clock_looks()
    await alert.clock_looks()
    shown = await alert.shown()
    assert (shown["version"], shown["overdue_since"]) == (1, due)
    assert await alert.timeline() == [("raised", 1), ("report_overdue", 1)]
    assert await alert.service.outbox_types() == ["drive.alert.raised.v1"]


async def test_a_remedy_whose_day_is_over_was_missed(service: NotificationsService) -> None:
    await service.put_route("ops", "ops@example.org")
    alert = await Handled(service).begin()
    await service.sender().send_due()
    await alert.do("report", **alert.report(alert.remedy(1), alert.remedy(30), alert.remedy(1)))
    await service.sender().send_due()
    await alert.do("remedies/3", state="done")
    await alert.clock_looks()
    assert (await alert.shown())["report"]["missed"] == 0
    alert.wait_for_the_day_after(alert.due_on(1))
    await alert.clock_looks()
    shown = await alert.shown()
    assert (shown["status"], shown["report"]["missed"], shown["report"]["planned"]) == ("reported", 1, 1)
    assert [remedy["state"] for remedy in (await alert.get("/report"))["remedies"]] == ["missed", "planned", "done"]
    await service.sender().send_due()
    assert (await states(service))[-1] == ("remedy_missed", "sent")
    assert (await service.outbox_types())[-1] == "drive.alert.reported.v1"
    done = await alert.do("remedies/1", state="done", note="a day late")
    assert (done["report"]["missed"], done["report"]["done"]) == (0, 2)


async def test_nothing_is_due_of_an_alert_that_is_resolved(alert: Handled) -> None:
    await alert.do("report", **alert.report(alert.remedy(1)))
    await alert.do("resolution", reason="It is over")
    alert.wait_for_the_day_after(alert.due_on(1))
    await alert.clock_looks()
    assert (await alert.timeline())[-1] == ("resolved", 3)
    assert [row.next_deadline_at for row in await alert.service.query("SELECT next_deadline_at FROM alerts")] == [None]


async def test_what_a_process_of_the_version_before_resolved_is_looked_at_once_more(alert: Handled) -> None:
    due = (await alert.shown())["report_due_at"]
    await alert.service.execute("UPDATE alerts SET status = 'resolved', resolved_at = now(), resolution = 'caught_up'")
    alert.wait_until(due)
    await alert.clock_looks()
    assert await alert.timeline() == [("raised", 1)]
    assert [row.next_deadline_at for row in await alert.service.query("SELECT next_deadline_at FROM alerts")] == [None]


async def test_more_than_a_page_of_alerts_is_done_by_several_at_once_each_alert_once(
    service: NotificationsService,
) -> None:
    await service.handle_batch([an_episode().fell_behind() for _ in range(2 * PAGE + 1)])
    alert = Handled(service)
    alert.wait_until((await service.alerts(limit=1))[0]["report_due_at"])
    await asyncio.gather(*(alert.clock_looks() for _ in range(3)))
    await alert.clock_looks()
    rows = await service.query("SELECT alert_id FROM alert_timeline WHERE kind = 'report_overdue'")
    assert len(rows) == len({row.alert_id for row in rows}) == 2 * PAGE + 1


async def test_the_clock_waits_for_nobody_who_changes_an_alert(alert: Handled) -> None:
    service, terms = alert.service, alert.service.runtime.settings.terms
    alert.wait_until((await alert.shown())["report_due_at"])
    async with service.runtime.database.write() as theirs, service.runtime.database.write() as mine:
        assert await meet_deadlines(theirs, service.context(), terms, PAGE) == 1
        assert await meet_deadlines(mine, service.context(), terms, PAGE) == 0


async def test_an_alert_that_cannot_be_read_holds_up_no_other_and_is_looked_at_again_later(
    service: NotificationsService,
) -> None:
    broken, other = await Handled(service).begin(), await Handled(service).begin(an_episode())
    [stored] = await service.query("SELECT figures FROM alerts WHERE id = CAST(:id AS uuid)", id=broken.id)
    await service.execute("UPDATE alerts SET figures = '{}' WHERE id = CAST(:id AS uuid)", id=broken.id)
    other.wait_until((await other.shown())["report_due_at"])
    await other.clock_looks()
    assert (await other.shown())["overdue_since"]
    mended = "UPDATE alerts SET figures = CAST(:figures AS jsonb) WHERE id = CAST(:id AS uuid)"
    await service.execute(mended, figures=json.dumps(stored.figures), id=broken.id)
    await broken.clock_looks()
    assert (await broken.shown())["overdue_since"] is None
    service.advance(hours=1)
    await broken.clock_looks()
    assert (await broken.shown())["overdue_since"]
