"""What will become of an alert if nobody does anything."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest

from drive.hosting.serving import serving
from notifications.domain.hours import WEEKDAYS
from services.clock import BUSINESS_ZONE
from services.ids import new_id
from tests.notifications.escalations.steps import a_step, from_now_on, put_chain, put_routes, told
from tests.notifications.handling.steps import Handled
from tests.notifications.service import MakeService, NotificationsService
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


async def test_the_plan_of_an_alert_is_what_happens_then(service: NotificationsService) -> None:
    await put_routes(service, "unit", "province")
    await service.put_route("ops", "ops@example.org")
    await put_chain(service, a_step("PT4H", "unit"), a_step("P1D", "province", "unit"), a_step("P59D", "province"))
    alert = await Handled(service).begin(from_now_on(service))
    await alert.do("acknowledgement")
    plan = await planned(alert)
    assert (plan["status"], plan["level"], plan["escalation"]) == ("acknowledged", 0, "chain")
    assert in_short(plan) == [
        ("timed_out", 0, ["ops"]),
        ("escalated", 1, ["unit"]),
        ("escalated", 2, ["province", "unit"]),
        ("report_overdue", 2, []),
        ("escalated", 3, ["province"]),
    ]
    before = len(await alert.timeline())
    queued = len(await told(service))
    for item in plan["items"]:
        alert.wait_until(item["at"])
        await alert.clock_looks()
    entries = (await alert.get("/timeline"))["items"][before:]
    assert [(e["kind"], e["reason"]) for e in entries] == [(i["kind"], i["reason"]) for i in plan["items"]]
    times = [datetime.fromisoformat(each["at"]) for each in (*entries, *plan["items"])]
    half = len(times) // 2
    assert all(
        abs(then - foreseen) < timedelta(seconds=1) for then, foreseen in zip(times[:half], times[half:], strict=True)
    )
    foreseen = [(route, kind, level) for kind, level, routes in in_short(plan) for route in routes]
    assert list(await told(service))[queued:] == foreseen
    assert (await planned(alert))["items"] == []


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


async def drive(service: NotificationsService, *arguments: str) -> tuple[int, str, str]:
    """`drive escalations explain`, as a process beside the service: exit code, output and errors."""
    settings = service.runtime.settings
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from drive.cli import app; app()", "escalations", "explain", *arguments),
        env={"DRIVE_DATA_DIR": str(settings.data_dir), "NOTIFICATIONS_PORT": str(settings.api_port), "COLUMNS": "150"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    return process.returncode or 0, out.decode(), errors.decode()


async def test_the_command_line_prints_it_in_the_time_of_vietnam(make_service: MakeService) -> None:
    service = await make_service(api_port=free_port())
    await put_routes(service, "unit")
    await put_chain(service, a_step("PT4H", "unit"))
    alert = await Handled(service).begin(from_now_on(service))
    due = service.clock.now().astimezone(BUSINESS_ZONE) + timedelta(hours=4)
    service.advance(minutes=2)  # past the time of the tokens that the command issues by the real clock
    async with serving(service.app, service.runtime.settings, "api_port"):
        code, out, errors = await drive(service, alert.id)
        assert code == 0, errors
        [row] = [line for line in out.splitlines() if "escalated" in line]
        assert f"{due:%Y-%m-%d %H:%M}" in row
        assert all(word in row for word in ("unit", "any time", "nobody has acknowledged"))
        assert "nobody" in next(line for line in out.splitlines() if "report_overdue" in line)
        code, out, _ = await drive(service, alert.id, "--json")
        assert [each["kind"] for each in json.loads(out)["items"]] == ["escalated", "report_overdue"]
        code, out, errors = await drive(service, str(new_id()))
        assert (code, out) == (2, "")
        assert "no alert has the id" in errors
