"""What people do about an alert: acknowledge, report, say what became of remedies, end it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import ClientFor
from tests.notifications.deliveries.steps import connect, states
from tests.notifications.handling.steps import WORKING_AWAY, Handled
from tests.notifications.receiver import Receiver
from tests.notifications.service import NotificationsService, an_episode

HOA = {"subject": "hoa.le", "name": "Lê Thị Hoa", "organisation_code": "CT"}


@pytest.fixture
async def alert(service: NotificationsService) -> Handled:
    """An alert that was raised just now."""
    return await Handled(service).begin()


@pytest.fixture
async def hoa(service: NotificationsService, client_for: ClientFor) -> httpx.AsyncClient:
    """A person of the post office CT, who may act on its own alerts."""
    scopes, now = frozenset({"alerts:own"}), service.clock.now()
    token = service.runtime.tokens.issue("CT", scopes, now, timedelta(days=1), subject=HOA["subject"], name=HOA["name"])
    return await client_for(service.app, token)


async def test_an_alert_shows_by_when_a_report_is_due(alert: Handled) -> None:
    shown = await alert.shown()
    assert (shown["status"], shown["level"], shown["overdue_since"]) == ("open", 0, None)
    assert shown["report_due_at"] > alert.service.clock.now().isoformat()


async def test_an_acknowledgement_says_until_when_it_holds_and_its_note_is_in_the_timeline(alert: Handled) -> None:
    shown = await alert.do("acknowledgement", note="We call them")
    assert shown["acknowledged_until"] > alert.service.clock.now().isoformat()
    entry = (await alert.get("/timeline"))["items"][-1]
    assert (entry["kind"], entry["note"], entry["status"]) == ("acknowledged", "We call them", "acknowledged")


async def test_the_unit_that_lags_reports_causes_and_remedies(
    service: NotificationsService, hoa: httpx.AsyncClient
) -> None:
    alert = await Handled(service, hoa).begin(an_episode(organisations=("CT",)))
    body = alert.report(alert.remedy(7), alert.remedy(14, what="A stand at the market"))
    shown = await alert.do("report", **body)
    assert (shown["status"], shown["reported_by"]) == ("reported", HOA)
    assert shown["report"] == {
        "causes": ["working_away"],
        "planned": 2,
        "done": 0,
        "missed": 0,
        "dropped": 0,
        "next_due_on": alert.due_on(7),
    }
    assert await alert.shown() == shown
    report = await alert.get("/report")
    assert (report["by"], report["at"], report["causes"]) == (HOA, shown["reported_at"], [WORKING_AWAY])
    assert report["remedies"] == [
        {"n": n, **remedy, "state": "planned", "note": None, "settled_at": None}
        for n, remedy in enumerate(body["remedies"], 1)
    ]
    assert await alert.timeline() == [("raised", 1), ("reported", 2)]


async def test_before_a_report_there_are_no_causes_and_no_remedies(alert: Handled) -> None:
    assert await alert.get("/report") == {"at": None, "by": None, "causes": [], "remedies": []}


async def test_a_further_report_takes_the_place_of_the_causes_and_adds_to_the_remedies(alert: Handled) -> None:
    await alert.do("report", **alert.report())
    await alert.do("remedies/1", state="done")
    shown = await alert.do("report", **alert.report(alert.remedy(20), causes=[{"code": "cost"}]))
    assert (shown["report"]["causes"], shown["report"]["done"], shown["report"]["planned"]) == (["cost"], 1, 1)
    report = await alert.get("/report")
    assert report["causes"] == [{"code": "cost", "note": None}]
    assert [(remedy["n"], remedy["state"]) for remedy in report["remedies"]] == [(1, "done"), (2, "planned")]


async def test_causes_of_earlier_reports_are_kept(alert: Handled) -> None:
    await alert.do("report", **alert.report())
    await alert.do("report", **alert.report(causes=[{"code": "cost"}]))
    rows = await alert.service.query("SELECT version, code FROM alert_causes ORDER BY version")
    assert [tuple(row) for row in rows] == [(2, "working_away"), (3, "cost")]


async def test_what_became_of_a_remedy_is_said_with_a_note(alert: Handled) -> None:
    await alert.do("report", **alert.report(alert.remedy(), alert.remedy()))
    await alert.do("remedies/2", state="dropped", note="nobody is at home")
    shown = await alert.do("remedies/1", state="done")
    assert (shown["report"]["planned"], shown["report"]["done"], shown["report"]["dropped"]) == (0, 1, 1)
    assert (shown["report"]["next_due_on"], shown["status"]) == (None, "reported")
    first, second = (await alert.get("/report"))["remedies"]
    assert (first["state"], second["state"], second["note"]) == ("done", "dropped", "nobody is at home")
    assert None not in (first["settled_at"], second["settled_at"])
    assert await alert.timeline() == [("raised", 1), ("reported", 2), ("remedy_dropped", 3), ("remedy_done", 4)]
    reasons = [entry["reason"] for entry in (await alert.get("/timeline"))["items"]]
    assert reasons[2:] == ["remedy 2 was dropped", "remedy 1 was done"]


async def test_the_timeline_keeps_what_was_written_of_a_remedy_that_was_missed_and_done_late(alert: Handled) -> None:
    await alert.do("report", **alert.report())
    await alert.do("remedies/1", state="missed", note="the bridge is shut")
    await alert.do("remedies/1", state="done", note="by boat")
    [remedy] = (await alert.get("/report"))["remedies"]
    entries = (await alert.get("/timeline"))["items"][2:]
    assert (remedy["state"], remedy["note"]) == ("done", "by boat")
    assert [(each["kind"], each["note"]) for each in entries] == [
        ("remedy_missed", "the bridge is shut"),
        ("remedy_done", "by boat"),
    ]


async def test_a_remedy_that_is_settled_or_that_nobody_reported_is_refused(alert: Handled) -> None:
    await alert.do("report", **alert.report())
    missing = await alert.send("remedies/2", state="done")
    assert (missing.status_code, missing.json()["type"]) == (404, "http://test/problems/no-such-remedy")
    await alert.do("remedies/1", state="done")
    again = await alert.send("remedies/1", state="missed")
    assert (again.status_code, again.json()["type"]) == (409, "http://test/problems/remedy-is-settled")


async def test_an_alert_is_ended_by_hand_with_a_reason(alert: Handled) -> None:
    shown = await alert.do("resolution", reason="The baseline was wrong")
    assert (shown["status"], shown["resolution"], shown["resolution_reason"]) == (
        "resolved",
        "by_hand",
        "The baseline was wrong",
    )
    assert shown["resolved_by"]["organisation_code"] == "OPS"
    entry = (await alert.get("/timeline"))["items"][-1]
    assert (entry["kind"], entry["note"], entry["by"]) == ("resolved", "The baseline was wrong", shown["resolved_by"])
    assert shown["resolved_at"]
    for path, body in {
        "acknowledgement": {},
        "report": alert.report(),
        "remedies/1": {"state": "done"},
        "resolution": {"reason": "again"},
    }.items():
        refused = await alert.send(path, **body)
        assert (refused.status_code, refused.json()["type"]) == (409, "http://test/problems/already-resolved"), path


async def test_an_alert_that_was_ended_by_hand_is_raised_again_where_the_target_lags_more_gravely(
    alert: Handled,
) -> None:
    await alert.do("report", **alert.report())
    await alert.do("resolution", reason="They have a plan")
    await alert.service.handle(alert.lag.worsened(2, "warning"))
    assert (await alert.shown())["status"] == "resolved"
    await alert.service.handle(alert.lag.worsened(3, "critical"))
    shown = await alert.shown()
    assert (shown["status"], shown["severity"], shown["resolution"], shown["resolved_by"]) == (
        "open",
        "critical",
        None,
        None,
    )
    assert (shown["reported_at"], shown["report"]["planned"]) == (None, 1)
    assert await alert.timeline() == [("raised", 1), ("reported", 2), ("resolved", 3), ("updated", 4), ("reopened", 5)]


async def test_the_alert_of_a_further_lag_names_the_one_before(alert: Handled) -> None:
    await alert.service.handle(alert.lag.recovered(3))
    again = an_episode()
    again.target_id, again.number = alert.lag.target_id, 2
    await alert.service.handle(again.fell_behind(4))
    second, first = await alert.service.alerts()
    assert (second["previous_id"], first["previous_id"]) == (first["id"], None)


async def test_lags_of_one_batch_name_each_other(service: NotificationsService) -> None:
    first, second = an_episode(), an_episode(number=2)
    second.target_id = first.target_id
    await service.handle_batch([first.fell_behind(1), second.fell_behind(2)])
    alerts = {alert["episode"]: alert for alert in await service.alerts()}
    assert alerts[2]["previous_id"] == alerts[1]["id"]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("report", {"causes": []}, "/causes"),
    ("report", {"causes": [{"code": "rain"}]}, "/causes/0/code"),
    ("report", {"causes": [{"code": "cost"}] * 2}, "/causes/0/code"),
    ("report", {"causes": [{"code": "other"}]}, "/causes/0/note"),
    ("report", {"causes": [{"code": "cost"}] * 21}, "/causes"),
    ("report", {"remedies": []}, "/remedies"),
    ("report", {"remedies": [{"what": "x", "who": "y", "due_on": "2000-01-01"}]}, "/remedies/0/due_on"),
    ("report", {"remedies": [{"what": "", "who": "y", "due_on": "2100-01-01"}]}, "/remedies/0/what"),
    ("report", {"remedies": [{"what": "x", "due_on": "2100-01-01"}]}, "/remedies/0/who"),
    ("remedies/1", {"state": "planned"}, "/state"),
    ("resolution", {}, "/reason"),
    ("resolution", {"reason": "a\nb"}, "/reason"),
    ("acknowledgement", {"note": ""}, "/note"),
]


@pytest.mark.parametrize(("path", "body", "pointer"), WRONG)
async def test_what_is_wrong_is_named_and_changes_nothing(
    alert: Handled, path: str, body: dict[str, Any], pointer: str
) -> None:
    given = alert.report() | body if path == "report" else body
    answer = await alert.send(path, **given)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert await alert.timeline() == [("raised", 1)]


@pytest.mark.parametrize("path", ["acknowledgement", "report", "remedies/1", "resolution"])
async def test_whoever_has_seen_another_version_is_refused(alert: Handled, path: str) -> None:
    bodies: dict[str, Any] = {
        "report": alert.report(),
        "remedies/1": {"state": "done"},
        "resolution": {"reason": "It is over"},
    }
    answer = await alert.send(path, version=7, **bodies.get(path, {}))
    assert (answer.status_code, answer.json()["type"]) == (409, "http://test/problems/stale-version")
    assert answer.json()["errors"][0]["pointer"] == "/version"


async def test_what_is_not_ones_own_is_not_found(service: NotificationsService, hoa: httpx.AsyncClient) -> None:
    others = await Handled(service, hoa).begin(an_episode(organisations=("NL",)))
    for path, body in {
        "report": others.report(),
        "remedies/1": {"state": "done"},
        "resolution": {"reason": "It is over"},
    }.items():
        answer = await others.send(path, **body)
        assert (answer.status_code, answer.json()["type"]) == (404, "http://test/problems/no-such-alert")
    for path in ("report", "timeline"):
        assert (await hoa.get(f"/v1/alerts/{others.id}/{path}")).status_code == 404


async def test_routes_that_were_notified_of_an_alert_are_notified_of_the_report_and_of_the_end(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.put_route("elsewhere", "else@example.org", under="15127")
    alert = await Handled(service).begin()
    for path, body in {
        "report": alert.report(),
        "remedies/1": {"state": "done"},
        "resolution": {"reason": "x"},
    }.items():
        await service.sender().send_due()
        await alert.do(path, **body)
    await service.sender().send_due()
    assert await states(service) == [("raised", "sent"), ("reported", "sent"), ("resolved", "sent")]
    types = [call.body["type"].split(".")[2] for call in receiver.calls]
    assert types == ["raised", "reported", "resolved"]


async def test_each_change_is_an_event_without_what_people_wrote(service: NotificationsService) -> None:
    alert = await Handled(service).begin()
    remedy = alert.remedy(what="Visit Mr An", who="Ms Binh")
    await alert.do("acknowledgement", note="I call Ms Binh")
    await alert.do("report", **alert.report(remedy, causes=[{"code": "other", "note": "Mr An is ill"}]))
    await alert.do("remedies/1", state="done", note="Mr An signed")
    await alert.do("resolution", reason="Ms Binh says so")
    events = await service.query("SELECT type, body FROM outbox ORDER BY seq")
    kinds = ["raised", "acknowledged", "reported", "reported", "resolved"]
    assert [event.type for event in events] == [f"drive.alert.{kind}.v1" for kind in kinds]
    assert not any(word in event.body for event in events for word in ("Binh", "Mr An"))
    assert '"causes":["other"]' in events[2].body
    assert '"done":1' in events[3].body
    assert '"resolution":"by_hand"' in events[4].body


async def test_a_timeline_is_read_in_pages(alert: Handled) -> None:
    await alert.do("report", **alert.report(*[alert.remedy()] * 5))
    for n in range(1, 6):
        await alert.do(f"remedies/{n}", state="done")
    seen: list[dict[str, Any]] = []
    page = await alert.get("/timeline", limit=2)
    while True:
        seen += page["items"]
        if page["next"] is None:
            break
        page = await alert.get("/timeline", limit=2, after=page["next"])
    assert [entry["version"] for entry in seen] == list(range(1, 8))
    assert seen == (await alert.get("/timeline"))["items"]


async def test_who_does_a_remedy_is_told_in_two_hundred_characters(alert: Handled) -> None:
    answer = await alert.send("report", **alert.report(alert.remedy(who="ă" * 201)))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/remedies/0/who")
    assert (await alert.do("report", **alert.report(alert.remedy(who="ă" * 200))))["status"] == "reported"
