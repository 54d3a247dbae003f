"""Which routes are notified of an alert, and why."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from drive.hosting.serving import serving
from notifications.domain.hours import WEEKDAYS
from services.clock import BUSINESS_ZONE
from services.ids import new_id
from services.vocabulary import Scope
from tests.notifications.commands import drive
from tests.notifications.service import MakeService, NotificationsService, an_episode
from tests.support.processes import free_port

MAIL = "ops@example.org"


async def explained(service: NotificationsService) -> dict[str, dict[str, Any]]:
    """The explanation of the only alert, by route."""
    [alert] = await service.alerts()
    answer = await service.client.get("/v1/routes/explanation", params={"alert_id": alert["id"]})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["alert_id"], body["status"], body["severity"]) == (alert["id"], alert["status"], alert["severity"])
    return {each["route"]: each for each in body["items"]}


async def test_every_route_is_notified_or_says_why_not(service: NotificationsService) -> None:
    await service.put_route("all", MAIL)
    await service.put_route("office", MAIL, under="38", organisation_code="BD-38")
    await service.put_route("critical", MAIL, min_severity="critical")
    await service.put_route("elsewhere", MAIL, under="15127")
    await service.put_route("voluntary", MAIL, scheme="voluntary_social")
    await service.handle(
        an_episode(scope=Scope("15142", collector_code="CT-07"), organisations=("BD", "BD-38")).fell_behind()
    )
    await service.sender().send_due()
    found = await explained(service)
    assert {name: (each["notified"], each["reason"]) for name, each in found.items()} == {
        "all": (True, "every alert; warning or graver"),
        "office": (True, "under 38; of the organisation BD-38 or one below it; warning or graver"),
        "critical": (False, "warning is less than critical"),
        "elsewhere": (False, "not under 15127"),
        "voluntary": (False, "not of the scheme voluntary_social"),
    }
    states = {name: [(told["change"], told["state"]) for told in each["deliveries"]] for name, each in found.items()}
    sent = [("raised", "sent")]
    assert states == {"all": sent, "office": sent, "critical": [], "elsewhere": [], "voluntary": []}


async def test_a_route_outside_of_its_hours_says_until_when_it_waits(service: NotificationsService) -> None:
    day = (service.clock.now().astimezone(BUSINESS_ZONE) + timedelta(days=2)).replace(hour=7, minute=30)
    hours = {"from": "07:30", "to": "17:00", "days": [WEEKDAYS[day.weekday()]], "holidays": True}
    await service.put_route("ops", MAIL, hours=hours)
    await service.handle(an_episode().fell_behind())
    each = (await explained(service))["ops"]
    opens = day.replace(second=0, microsecond=0)
    assert datetime.fromisoformat(each["waits_until"]) == opens
    assert [datetime.fromisoformat(told["next_attempt_at"]) for told in each["deliveries"]] == [opens]


async def test_nobody_is_notified_of_what_is_resolved(service: NotificationsService) -> None:
    await service.put_route("ops", MAIL)
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.recovered())
    each = (await explained(service))["ops"]
    assert (each["notified"], each["reason"].partition(":")[0]) == (False, "the alert is resolved")


@pytest.mark.parametrize(
    ("query", "status", "kind"), [({}, 422, "invalid"), ({"alert_id": str(new_id())}, 404, "no-such-alert")]
)
async def test_an_alert_has_to_be_named_and_known(
    service: NotificationsService, query: dict[str, str], status: int, kind: str
) -> None:
    answer = await service.client.get("/v1/routes/explanation", params=query)
    assert (answer.status_code, answer.json()["type"]) == (status, f"http://test/problems/{kind}")


async def explain(service: NotificationsService, *arguments: str) -> tuple[int, str, str]:
    """`drive routes explain`: exit code, output and errors."""
    return await drive(service, "routes", "explain", *arguments, COLUMNS="120")


async def test_the_command_line_prints_it(make_service: MakeService) -> None:
    service = await make_service(api_port=free_port())
    await service.put_route("all", MAIL)
    await service.put_route("critical", MAIL, min_severity="critical")
    await service.handle(an_episode().fell_behind())
    [alert] = await service.alerts()
    service.advance(minutes=2)  # past the time of the tokens that the command issues by the real clock
    async with serving(service.app, service.runtime.settings, "api_port"):
        code, out, errors = await explain(service, alert["id"])
        assert code == 0, errors
        [row] = [line for line in out.splitlines() if "critical" in line and "less" in line]
        assert "no" in row
        assert "raised: pending" in out
        assert "Vietnam" in out
        code, out, _ = await explain(service, alert["id"], "--json")
        assert [each["route"] for each in json.loads(out)["items"]] == ["all", "critical"]
        code, out, errors = await explain(service, str(new_id()))
        assert (code, out) == (2, "")
        assert "no alert has the id" in errors
