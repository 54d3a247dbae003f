"""Where the day is pinned, whatever is told carries that day; the mail, the webhook and every answer of the API."""

from __future__ import annotations

import re
from datetime import date, datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from services.clock import BUSINESS_ZONE
from tests.notifications.deliveries.steps import connect
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, NotificationsService, an_episode

SATURDAY: Final = date(2025, 11, 1)
YEARS: Final = re.compile(r"(\d{4})-\d\d-\d\dT|\d\d/\d\d/(\d{4})")
"""Of instants as JSON has them, and of days as mails have them."""
OFFICE: Final = {"from": "07:30", "to": "17:00", "days": ["mon", "tue", "wed", "thu", "fri"], "holidays": False}


def years(text: str) -> set[str]:
    """The years of all instants and days that a text tells."""
    return {first or second for first, second in YEARS.findall(text)}


def text_of(file: Path) -> str:
    """When a mail was sent, and all that it says."""
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([parsedate_to_datetime(mail["Date"]).isoformat(), *parts])


async def all_answers(service: NotificationsService, alert_id: str) -> dict[str, str]:
    """What every list, and every part of the alert, answers."""
    document = (await service.client.get("/openapi.json")).json()
    found = {}
    for path, methods in document["paths"].items():
        if "get" in methods and path.startswith("/v1/"):
            url = path.replace("{alert_id}", alert_id)
            if "{" not in url:
                answer = await service.client.get(url, params=_needed(methods["get"], alert_id))
                assert answer.status_code == 200, (url, answer.text)
                found[path] = answer.text
    return found


def _needed(operation: dict[str, Any], alert_id: str) -> dict[str, str]:
    needed = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query" and each["required"]]
    return {name: alert_id for name in needed if name == "alert_id"}


async def acted_on(service: NotificationsService) -> str:
    """An alert that was raised, acknowledged and reported; its id."""
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    [alert] = await service.alerts()
    path = f"/v1/alerts/{alert['id']}"
    taken = await service.client.post(f"{path}/acknowledgement", json={"version": alert["version"]})
    remedies = [{"what": "Home visits", "who": "Xã Cẩm Thạch", "due_on": "2025-11-20"}]
    report = {"version": taken.json()["version"], "causes": [{"code": "working_away"}], "remedies": remedies}
    assert (await service.client.post(f"{path}/report", json=report)).status_code in (200, 201)
    return str(alert["id"])


async def test_everything_that_is_told_carries_the_pinned_day(
    make_service: MakeService, receiver: Receiver, tmp_path: Path
) -> None:
    service = await make_service(data_dir=tmp_path)
    service.clock.pin(SATURDAY)
    await connect(service, receiver)
    await service.put_route("mail", "ops@example.org")
    await service.put_route("office", "ops@example.org", hours=OFFICE)
    alert_id = await acted_on(service)
    receiver.answers = [web.Response(status=429, headers={"Retry-After": "3600"})]
    await service.sender().send_due()
    answers = await all_answers(service, alert_id)
    assert {path for path, text in answers.items() if years(text) - {"2025"}} == set()
    assert {"/v1/alerts", "/v1/alerts/{alert_id}/timeline", "/v1/deliveries", "/v1/routes"} <= set(answers)
    assert '"paused_until":"2025-1' in answers["/v1/routes"]
    assert '"next_attempt_at":"2025-1' in answers["/v1/deliveries"]
    rotated = await service.client.post("/v1/routes/ops/secrets")
    assert rotated.json()["previous_valid_until"].startswith("2025-1")
    assert receiver.calls
    assert set.union(*(years(call.raw) for call in receiver.calls)) == {"2025"}
    mails = [text_of(file) for file in (tmp_path / "outbox").glob("*.eml")]
    assert mails
    assert all(years(mail) == {"2025"} for mail in mails)


async def test_the_hours_of_a_route_follow_the_pinned_day(service: NotificationsService) -> None:
    service.clock.pin(SATURDAY)
    await service.put_route("office", "ops@example.org", hours=OFFICE)
    await service.handle(an_episode().fell_behind())
    opens = datetime(2025, 11, 3, 7, 30, tzinfo=BUSINESS_ZONE)
    [delivery] = await service.deliveries()
    assert datetime.fromisoformat(delivery["next_attempt_at"]) == opens
    params = {"alert_id": delivery["alert_id"]}
    [why] = (await service.client.get("/v1/routes/explanation", params=params)).json()["items"]
    assert datetime.fromisoformat(why["waits_until"]) == opens
    assert [datetime.fromisoformat(told["next_attempt_at"]) for told in why["deliveries"]] == [opens]
    await service.put_route("office", "ops@example.org", hours=OFFICE | {"from": "08:00"})
    [delivery] = await service.deliveries()
    assert datetime.fromisoformat(delivery["next_attempt_at"]) == opens.replace(hour=8, minute=0)
