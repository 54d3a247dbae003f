"""What will become of an alert if nobody does anything."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from drive.hosting.serving import serving
from notifications.domain.hours import WEEKDAYS
from services.clock import BUSINESS_ZONE
from services.ids import new_id
from tests.notifications.commands import drive
from tests.notifications.escalations.steps import TOLD_BY_STEPS, a_step, from_now_on, put_chain, put_routes
from tests.notifications.handling.steps import Handled
from tests.notifications.service import MakeService, NotificationsService
from tests.notifications.silences.steps import clock_looks, silence
from tests.support.processes import free_port


async def planned(alert: Handled) -> dict[str, Any]:
    """GET /v1/escalations/plan."""
    answer = await alert.service.client.get("/v1/escalations/plan", params={"alert_id": alert.id})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def in_short(plan: dict[str, Any]) -> list[tuple[str, int, list[str]]]:
    """Kind, level and routes of each item."""
    return [(each["kind"], each["level"], [route["route"] for route in each["routes"]]) for each in plan["items"]]


async def due(service: NotificationsService) -> list[tuple[str, str, int, datetime]]:
    """Route, change, level and time of each delivery, in the order in which they were queued."""
    columns = "route_name, change, (alert ->> 'level')::int AS level, next_attempt_at"
    rows = await service.query(f"SELECT {columns} FROM deliveries ORDER BY alert_version, id")  # noqa: S608
    return [tuple(row) for row in rows]


async def comes_out_as_planned(alert: Handled) -> dict[str, Any]:
    """The plan, after all of it has happened: the clock looks when an item is due, and each route is told as what and
    when the plan says, and of nothing else."""
    service, plan = alert.service, await planned(alert)
    entries_before, due_before = len(await alert.timeline()), len(await due(service))
    for item in plan["items"]:
        alert.wait_until(item["at"])
        await alert.clock_looks()
        await clock_looks(service)
    happened = (await alert.get("/timeline"))["items"][entries_before:]
    foreseen = [each for each in plan["items"] if each["kind"] != "hush_over"]
    assert [(e["kind"], e["reason"], e["at"]) for e in happened] == [
        (i["kind"], i["reason"], i["at"]) for i in foreseen
    ]
    told_then = [each for each in plan["items"] if not each["silenced_by"] and not each["inhibited_by"]]
    assert sorted((await due(service))[due_before:]) == sorted(
        (route["route"], route["change"], each["level"], datetime.fromisoformat(route["at"]))
        for each in told_then
        for route in each["routes"]
    )
    assert (await planned(alert))["items"] == []
    return plan


@pytest.fixture
async def ops(service: NotificationsService) -> NotificationsService:
    """The service with a route for everything, two that are told by steps alone, and one in its hours."""
    service.clock.advance(timedelta(microseconds=-service.clock.now().microsecond))  # times that are shown exactly
    await put_routes(service, "unit", "province")
    await service.put_route("ops", "ops@example.org")
    hours = {"from": "07:30", "to": "17:00", "days": list(WEEKDAYS), "holidays": True}
    await service.put_route("office", "office@example.org", min_level=TOLD_BY_STEPS, hours=hours)
    return service


@pytest.fixture
async def alert(ops: NotificationsService) -> Handled:
    """One that somebody has acknowledged, with a chain of three steps."""
    await put_chain(
        ops, a_step("PT4H", "unit"), a_step("P1D", "province", "office", "unit"), a_step("P59D", "province")
    )
    alert = await Handled(ops).begin(from_now_on(ops))
    await alert.do("acknowledgement")
    return alert


async def test_the_plan_of_an_alert_is_what_happens_then(alert: Handled) -> None:
    plan = await comes_out_as_planned(alert)
    assert (plan["status"], plan["level"], plan["escalation"]) == ("acknowledged", 0, "chain")
    assert in_short(plan) == [
        ("timed_out", 0, ["ops"]),
        ("escalated", 1, ["unit"]),
        ("escalated", 2, ["office", "province", "unit"]),
        ("report_overdue", 2, []),
        ("escalated", 3, ["province"]),
    ]


async def hours_until(alert: Handled, name: str, **more: float) -> float:
    """How long it is from now until that time of the alert, and so much longer."""
    at = datetime.fromisoformat((await alert.shown())[name]) + timedelta(**more)
    return (at - alert.service.clock.now()) / timedelta(hours=1)


async def test_what_is_due_during_a_silence_is_told_when_that_ends(alert: Handled) -> None:
    until = await hours_until(alert, "acknowledged_until", hours=5)
    await silence(alert.service, hours=until)
    plan = await comes_out_as_planned(alert)
    assert in_short(plan)[:4] == [
        ("timed_out", 0, ["ops"]),
        ("escalated", 1, ["unit"]),
        ("hush_over", 1, ["unit", "ops"]),
        ("escalated", 2, ["office", "province", "unit"]),
    ]
    hushed, over = plan["items"][1:3]
    assert hushed["silenced_by"] == ["storm"]
    assert hushed["routes"][0]["at"] == over["at"] == over["routes"][0]["at"]
    assert [route["change"] for route in over["routes"]] == ["escalated", "timed_out"]


async def test_a_silence_that_begins_later_hushes_what_is_due_in_its_time_alone(alert: Handled) -> None:
    begins = await hours_until(alert, "acknowledged_until", hours=1)
    await silence(alert.service, begins=begins, hours=2)  # nothing is due in it
    await silence(alert.service, "first", begins=begins, hours=4)
    await silence(alert.service, "second", begins=begins + 3, hours=36)
    plan = await comes_out_as_planned(alert)
    assert [(each["kind"], each["silenced_by"]) for each in plan["items"]] == [
        ("timed_out", []),
        ("escalated", ["second", "first"]),
        ("escalated", ["second"]),
        ("hush_over", []),
        ("report_overdue", []),
        ("escalated", []),
    ]
    assert in_short(plan)[3] == ("hush_over", 2, ["office", "province", "unit"])


async def test_what_a_silence_has_hushed_already_is_in_the_plan(ops: NotificationsService) -> None:
    await silence(ops)
    alert = await Handled(ops).begin(from_now_on(ops))
    plan = await comes_out_as_planned(alert)
    assert in_short(plan) == [("hush_over", 0, ["ops"]), ("report_overdue", 0, [])]
    assert plan["items"][0]["routes"][0]["change"] == "raised"


async def test_a_step_that_is_due_when_a_silence_ends_is_told_once(alert: Handled) -> None:
    until = await hours_until(alert, "acknowledged_until", hours=4)
    await silence(alert.service, hours=until)
    assert in_short(await comes_out_as_planned(alert))[:3] == [
        ("timed_out", 0, ["ops"]),
        ("escalated", 1, ["unit"]),
        ("hush_over", 1, ["ops"]),
    ]


async def test_what_is_inhibited_is_told_at_a_time_that_nobody_knows(alert: Handled) -> None:
    service = alert.service
    await service.client.put("/v1/inhibitions/province", json={"under": "38"})
    above = await Handled(service).begin(from_now_on(service, path=("38", "BHXH-CT")))
    await service.execute("DELETE FROM deliveries WHERE alert_id = :above", above=above.id)
    plan = await planned(alert)
    assert in_short(plan)[:2] == [("timed_out", 0, ["ops"]), ("escalated", 1, ["unit"])]
    assert {each["inhibited_by"] for each in plan["items"] if each["routes"]} == {above.id}
    assert {route["at"] for each in plan["items"] for route in each["routes"]} == {None}
    assert "hush_over" not in {each["kind"] for each in plan["items"]}


async def test_a_missed_remedy_is_in_the_plan_and_told_to_whoever_was_told_before(
    service: NotificationsService,
) -> None:
    await put_routes(service, "unit")
    await service.put_route("ops", "ops@example.org")
    await put_chain(service, a_step("PT4H", "unit"))
    alert = await Handled(service).begin(from_now_on(service))
    await alert.do("report", **alert.report(alert.remedy(3), alert.remedy(9)))
    assert in_short(await planned(alert)) == [
        ("remedy_missed", 0, ["ops"]),
        ("escalated", 1, ["unit"]),
        ("remedy_missed", 1, ["ops", "unit"]),
    ]


async def test_a_route_outside_of_its_hours_is_notified_when_they_begin(service: NotificationsService) -> None:
    due = service.clock.now().astimezone(BUSINESS_ZONE) + timedelta(hours=4)
    opens = (due + timedelta(days=2)).replace(hour=7, minute=30, second=0, microsecond=0)
    hours = {"from": "07:30", "to": "17:00", "days": [WEEKDAYS[opens.weekday()]], "holidays": True}
    await service.put_route("office", "office@example.org", min_level=9, hours=hours)
    await put_chain(service, a_step("PT4H", "office"))
    alert = await Handled(service).begin(from_now_on(service))
    [route] = (await planned(alert))["items"][0]["routes"]
    assert datetime.fromisoformat(route["at"]) == opens
    assert (route["route"], route["channel"], route["hours"]["from"]) == ("office", "mail", "07:30")


async def test_without_a_chain_only_the_report_is_overdue(service: NotificationsService) -> None:
    alert = await Handled(service).begin(from_now_on(service))
    plan = await planned(alert)
    assert (plan["escalation"], in_short(plan)) == (None, [("report_overdue", 0, [])])


async def test_nothing_will_become_of_an_alert_that_is_resolved(service: NotificationsService) -> None:
    await put_routes(service, "unit")
    await put_chain(service, a_step("PT4H", "unit"))
    alert = await Handled(service).begin(from_now_on(service))
    await alert.do("resolution", reason="the list was wrong")
    assert (await planned(alert))["items"] == []


@pytest.mark.parametrize(
    ("query", "status", "kind"), [({}, 422, "invalid"), ({"alert_id": str(new_id())}, 404, "no-such-alert")]
)
async def test_an_alert_has_to_be_named_and_known(
    service: NotificationsService, query: dict[str, str], status: int, kind: str
) -> None:
    answer = await service.client.get("/v1/escalations/plan", params=query)
    assert (answer.status_code, answer.json()["type"]) == (status, f"http://test/problems/{kind}")


async def explain(service: NotificationsService, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """`drive escalations explain`: exit code, output and errors."""
    return await drive(service, "escalations", "explain", *arguments, **{"COLUMNS": "150", **environment})


async def test_the_command_line_prints_it_in_the_time_of_vietnam(make_service: MakeService) -> None:
    service = await make_service(api_port=free_port())
    await put_routes(service, "unit")
    await put_chain(service, a_step("PT4H", "unit"))
    alert = await Handled(service).begin(from_now_on(service))
    due = service.clock.now().astimezone(BUSINESS_ZONE) + timedelta(hours=4)
    service.advance(minutes=2)  # past the time of the tokens that the command issues by the real clock
    async with serving(service.app, service.runtime.settings, "api_port"):
        code, out, errors = await explain(service, alert.id)
        assert code == 0, errors
        [row] = [line for line in out.splitlines() if "escalated" in line]
        assert f"{due:%Y-%m-%d %H:%M}" in row
        assert all(word in row for word in ("unit", "any time", "nobody has acknowledged"))
        assert "nobody" in next(line for line in out.splitlines() if "report overdue" in line)
        code, out, _ = await explain(service, alert.id, COLUMNS="80")
        assert (f"{due:%Y-%m-%d}" in out, "…" in out) == (True, False)
        code, out, _ = await explain(service, alert.id, "--json")
        assert [each["kind"] for each in json.loads(out)["items"]] == ["escalated", "report_overdue"]
        code, out, errors = await explain(service, str(new_id()))
        assert (code, out) == (2, "")
        assert "no alert has the id" in errors
