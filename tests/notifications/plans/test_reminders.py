"""The plan says when routes are told again, by the rule by which the worker tells them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from notifications.domain.hours import WEEKDAYS
from tests.notifications.escalations.steps import a_step, from_now_on, put_chain, put_routes
from tests.notifications.handling.steps import Handled
from tests.notifications.plans.test_plan import planned
from tests.notifications.reminders.steps import remind
from tests.notifications.service import NotificationsService
from tests.notifications.silences.steps import clock_looks, silence

SHORTLY = timedelta(minutes=2)
"""More than after what is looked again at what is still hushed."""


@pytest.fixture
async def alert(service: NotificationsService) -> Handled:
    """One that a route was told of, by whose clock times are shown exactly."""
    service.clock.advance(timedelta(microseconds=-service.clock.now().microsecond))
    await service.put_route("ops", "ops@example.org")
    alert = await Handled(service).begin(from_now_on(service))
    await service.sender().send_due()
    return alert


async def reminders(alert: Handled) -> dict[str, datetime]:
    """When routes are told again, as the plan says."""
    return {each["route"]: datetime.fromisoformat(each["at"]) for each in (await planned(alert))["reminders"]}


async def reminded(service: NotificationsService) -> set[str]:
    """The routes that were told again."""
    return {each["route_name"] for each in await service.deliveries() if each["reminders"]}


async def come_as_planned(alert: Handled) -> dict[str, datetime]:
    """The plan of reminders, after the first has gone out: at its time, and not before."""
    plan = await planned(alert)
    due = {each["route"]: datetime.fromisoformat(each["at"]) for each in plan["reminders"]}
    first = min(due.values())
    changes = [datetime.fromisoformat(item["at"]) for item in plan["items"]]
    for at in sorted({first - SHORTLY, first, *(at for at in changes if at < first)}):
        assert await reminded(alert.service) == set()
        alert.wait_until(at)
        await alert.clock_looks()
        await clock_looks(alert.service)
        await remind(alert.service)
    assert await reminded(alert.service) == {name for name, at in due.items() if at == first}
    return due


async def test_an_open_alert_is_told_again_an_interval_after_it_was_told(alert: Handled) -> None:
    begun = alert.service.clock.now()
    assert await come_as_planned(alert) == {"ops": begun + timedelta(days=1)}
    assert await reminders(alert) == {"ops": begun + timedelta(days=2)}


async def test_the_interval_counts_anew_from_whatever_is_told_before(alert: Handled) -> None:
    await put_routes(alert.service, "unit")
    await put_chain(alert.service, a_step("PT4H", "unit", "ops"))
    later = alert.service.clock.now() + timedelta(days=1, hours=4)
    assert await come_as_planned(alert) == {"ops": later, "unit": later}


async def test_what_is_acknowledged_is_told_again_an_interval_after_that_has_timed_out(alert: Handled) -> None:
    shown = await alert.do("acknowledgement")
    await alert.service.sender().send_due()
    ends = datetime.fromisoformat(shown["acknowledged_until"])
    assert await come_as_planned(alert) == {"ops": ends + timedelta(days=1)}


async def test_what_is_done_by_its_day_is_not_told_again_until_it_is_missed(alert: Handled) -> None:
    await alert.do("report", **alert.report())
    await alert.service.sender().send_due()
    [missed] = (await planned(alert))["items"]
    assert missed["kind"] == "remedy_missed"
    day_after = datetime.fromisoformat(missed["at"]) + timedelta(days=1)
    assert await come_as_planned(alert) == {"ops": day_after}


async def test_what_is_due_during_a_silence_is_told_when_that_ends(alert: Handled) -> None:
    await silence(alert.service, hours=30)
    assert await come_as_planned(alert) == {"ops": alert.service.clock.now()}


async def test_it_waits_for_the_hours_of_the_route(alert: Handled) -> None:
    hours = {"from": "07:30", "to": "07:45", "days": list(WEEKDAYS), "holidays": True}
    await alert.service.put_route("ops", "ops@example.org", hours=hours)
    due = (await come_as_planned(alert))["ops"]
    assert (due.hour, due.minute) == (0, 30)  # 07:30 in Vietnam


async def test_routes_that_are_never_told_again_are_not_in_the_plan(alert: Handled) -> None:
    await alert.service.put_route("ops", "ops@example.org", repeat="never")
    assert await reminders(alert) == {}


async def test_nobody_knows_when_what_is_inhibited_is_told_again(alert: Handled) -> None:
    service = alert.service
    await service.client.put("/v1/inhibitions/province", json={"under": "38"})
    above = from_now_on(service)
    above.path = ("38", "BHXH-CT")
    await service.handle(above.fell_behind())
    assert await reminders(alert) == {}


async def test_the_explanation_says_when_a_route_is_told_again_unless_the_alert_changes(alert: Handled) -> None:
    async def again() -> str | None:
        answer = await alert.service.client.get("/v1/routes/explanation", params={"alert_id": alert.id})
        [route] = answer.json()["items"]
        at: str | None = route["again_at"]
        return at

    [due] = (await reminders(alert)).values()
    assert datetime.fromisoformat(str(await again())) == due
    await silence(alert.service)
    assert await again() is None
    alert.service.advance(hours=3)
    await alert.do("acknowledgement")
    await alert.service.sender().send_due()
    assert await again() is None


async def test_what_is_due_at_the_end_of_a_day_is_told_in_utc_as_all_times_are(alert: Handled) -> None:
    await alert.do("report", **alert.report())
    [missed] = (await planned(alert))["items"]
    told = [missed["at"], *(each["at"] for each in (await planned(alert))["reminders"])]
    rows = await alert.service.query("SELECT alert ->> 'report_due_at' AS at FROM deliveries")
    assert {at[-1] for at in [*told, *(row.at for row in rows)]} == {"Z"}
