"""What becomes of alerts, in figures."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest

from notifications.alerts.due import end_of_week
from services.clock import BUSINESS_ZONE
from services.vocabulary import Scope
from tests.conftest import ClientFor
from tests.notifications.handling.steps import Handled
from tests.notifications.service import Episode, NotificationsService, an_episode

CAM_THUY = ("38", "BHXH-CT", "15127")
CAM_THACH = ("38", "BHXH-CT", "15142")
BA_THUOC = ("38", "BHXH-BT")
PERIOD = {"from": "2025-10-01", "to": "2025-10-31"}
"""Events of the tests are of 2025-10-26."""


async def asked(client: httpx.AsyncClient, path: str = "", **query: str) -> Any:
    """The answer for the period, or another one."""
    answer = await client.get(f"/v1/alerts/statistics{path}", params=PERIOD | query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def raised(service: NotificationsService, path: tuple[str, ...], **more: Any) -> Handled:
    """An alert of a target there."""
    return await Handled(service).begin(an_episode(path=path, **more))


async def answered_after(handled: Handled, hours: float) -> Handled:
    """It was acknowledged so long after it was raised."""
    shown = await handled.do("acknowledgement")
    at = datetime.fromisoformat(shown["raised_at"]) + timedelta(hours=hours)
    await handled.service.execute(
        "UPDATE alert_timeline SET at = :at WHERE alert_id = :id AND kind = 'acknowledged'", at=at, id=handled.id
    )
    return handled


def by_unit(answer: Any, *names: str) -> dict[str | None, Any]:
    """These figures of each unit."""
    return {each["unit_code"]: tuple(each[name] for name in names) for each in answer["items"]}


async def test_figures_are_of_the_whole_and_of_each_unit_right_below(service: NotificationsService) -> None:
    for path in (CAM_THUY, CAM_THACH, CAM_THACH, BA_THUOC, ("38",)):
        await raised(service, path)
    answer = await asked(service.client)
    assert (answer["under"], answer["from"], answer["to"]) == (None, "2025-10-01", "2025-10-31")
    assert (answer["whole"]["raised"], by_unit(answer, "raised")) == (5, {"38": (5,)})
    answer = await asked(service.client, under="38")
    assert (answer["whole"]["raised"], by_unit(answer, "raised")) == (5, {"BHXH-BT": (1,), "BHXH-CT": (3,), None: (1,)})
    assert by_unit(answer, "unit_name", "level")["BHXH-CT"] == ("Unit BHXH-CT", "insurance_unit")
    answer = await asked(service.client, under="bhxh-ct")
    assert (answer["under"], by_unit(answer, "raised")) == ("BHXH-CT", {"15127": (1,), "15142": (2,)})
    answer = await asked(service.client, under="15142")
    assert by_unit(answer, "raised", "unit_name") == {None: (2, None)}


async def test_a_target_of_no_unit_belongs_to_none(service: NotificationsService) -> None:
    await raised(service, (), unit_name=None, scope=Scope(organisation_code="CT"), organisations=("CT",))
    assert by_unit(await asked(service.client), "raised") == {None: (1,)}


async def test_without_alerts_there_are_zeros_and_no_times(service: NotificationsService) -> None:
    answer = await asked(service.client, under="38")
    whole = answer["whole"]
    assert (answer["items"], answer["causes"], whole["raised"], whole["remedies"]["done"]) == ([], [], 0, 0)
    assert whole["time_to_acknowledge"] == {"median_hours": None, "p90_hours": None}


async def test_times_are_the_median_and_the_90th_percentile(service: NotificationsService) -> None:
    for hours in (1, 2, 3, 4, 14):
        await answered_after(await raised(service, CAM_THUY), hours)
    await raised(service, CAM_THUY)
    whole = (await asked(service.client))["whole"]
    assert whole["time_to_acknowledge"] == {"median_hours": 3.0, "p90_hours": 10.0}
    assert (whole["raised"], whole["acknowledged"], whole["unacknowledged"], whole["reported"]) == (6, 5, 1, 0)
    assert whole["time_to_report"] == {"median_hours": None, "p90_hours": None}


async def test_the_first_answer_counts_whatever_follows(service: NotificationsService) -> None:
    """An acknowledgement that timed out was one; a second report does not make the first one late."""
    handled = await answered_after(await raised(service, CAM_THUY), 5)
    handled.wait_until((await handled.shown())["acknowledged_until"])
    await handled.clock_looks()
    await handled.do("report", **handled.report())
    first = (await asked(service.client))["whole"]
    service.advance(hours=30)
    await handled.do("report", **handled.report())
    again = (await asked(service.client))["whole"]
    assert first["time_to_acknowledge"]["median_hours"] == 5.0
    assert again["time_to_report"] == first["time_to_report"] != {"median_hours": None, "p90_hours": None}


async def test_who_reports_what_nobody_acknowledged_has_acknowledged_it_then(service: NotificationsService) -> None:
    handled = await raised(service, CAM_THUY)
    await handled.do("report", **handled.report())
    whole = (await asked(service.client))["whole"]
    assert whole["time_to_acknowledge"] == whole["time_to_report"]
    assert (whole["acknowledged"], whole["reported"], whole["unacknowledged"]) == (1, 1, 0)


async def test_remedies_are_counted_by_what_became_of_them(service: NotificationsService) -> None:
    handled = await raised(service, CAM_THUY)
    await handled.do("report", **handled.report(*[handled.remedy() for _ in range(7)]))
    for n, state in enumerate(("done", "done", "done", "missed", "missed", "dropped"), 1):
        await handled.do(f"remedies/{n}", state=state)
    other = await raised(service, BA_THUOC)
    await other.do("report", **other.report())
    answer = await asked(service.client, under="38")
    assert answer["whole"]["remedies"] == {"planned": 2, "done": 3, "missed": 2, "dropped": 1}
    assert by_unit(answer, "remedies")["BHXH-BT"] == ({"planned": 1, "done": 0, "missed": 0, "dropped": 0},)


async def test_causes_are_counted_by_frequency_over_area_and_time(service: NotificationsService) -> None:
    given: list[tuple[tuple[str, ...], list[str], str | None]] = [
        (CAM_THUY, ["cost", "not_renewed"], None),
        (CAM_THACH, ["cost"], None),
        (BA_THUOC, ["working_away"], "2025-09-30T17:00:00Z"),  # the first instant of October there
        (BA_THUOC, ["cost"], "2025-09-30T16:59:59Z"),
    ]
    for path, codes, at in given:
        handled = await raised(service, path)
        await handled.do("report", **handled.report(causes=[{"code": code} for code in codes]))
        if at:
            moment = datetime.fromisoformat(at)
            await service.execute("UPDATE alerts SET raised_at = :at WHERE id = :id", at=moment, id=handled.id)
    answer = await asked(service.client)
    assert [(c["code"], c["alerts"], round(c["share"], 2)) for c in answer["causes"]] == [
        ("cost", 2, 0.67),
        ("not_renewed", 1, 0.33),
        ("working_away", 1, 0.33),
    ]
    found = await asked(service.client, "/causes", under="38", **{"from": "2025-09-01"})
    assert [(c["month"], c["unit_code"], c["code"], c["alerts"]) for c in found["items"]] == [
        ("2025-09-01", "BHXH-BT", "cost", 1),
        ("2025-10-01", "BHXH-BT", "working_away", 1),
        ("2025-10-01", "BHXH-CT", "cost", 2),
        ("2025-10-01", "BHXH-CT", "not_renewed", 1),
    ]


async def test_only_causes_of_the_last_report_count(service: NotificationsService) -> None:
    handled = await raised(service, CAM_THUY)
    for code in ("cost", "not_renewed"):
        await handled.do("report", **handled.report(causes=[{"code": code}]))
    assert [each["code"] for each in (await asked(service.client))["causes"]] == ["not_renewed"]


async def test_reports_are_due_until_the_end_of_the_week_and_then_overdue(service: NotificationsService) -> None:
    now = service.clock.now()
    sunday = end_of_week(service.clock.today())
    due = [now - timedelta(hours=1), now + timedelta(seconds=1), sunday, sunday + timedelta(seconds=1)]
    for at in due:
        handled = await raised(service, CAM_THUY)
        await service.execute("UPDATE alerts SET report_due_at = :at WHERE id = :id", at=at, id=handled.id)
    reported = await raised(service, CAM_THUY)
    await reported.do("report", **reported.report())
    await service.execute("UPDATE alerts SET report_due_at = :at WHERE id = :id", at=now, id=reported.id)
    whole = (await asked(service.client))["whole"]
    assert (whole["reports_due"], whole["reports_overdue"], whole["raised"]) == (2, 1, 5)


async def test_an_organisation_sees_figures_of_its_own_alerts(
    service: NotificationsService, client_for: ClientFor
) -> None:
    for organisation in ("CT", "NL"):
        handled = await raised(
            service, CAM_THUY, scope=Scope("15127", organisation), organisations=(organisation, "VNPOST")
        )
        await handled.do(
            "report", **handled.report(causes=[{"code": "cost" if organisation == "CT" else "not_renewed"}])
        )
    token = service.runtime.tokens.issue("CT", frozenset({"alerts:own"}), service.clock.now(), timedelta(hours=1))
    client = await client_for(service.app, token)
    for query in ({}, {"under": "BHXH-CT"}):
        answer = await asked(client, **query)
        assert (answer["whole"]["raised"], [each["code"] for each in answer["causes"]]) == (1, ["cost"])
        assert [each["code"] for each in (await asked(client, "/causes", **query))["items"]] == ["cost"]


@pytest.mark.parametrize(
    ("query", "pointer", "says"),
    [
        ({"from": "2025-11-01"}, "/query/from", "from must not be after to, 2025-10-31"),
        ({"from": "2022-10-26"}, "/query/from", "1,100 days at most: from 2022-10-27 on"),
        ({"under": "99999"}, "/query/under", "no unit 99999 is known here"),
    ],
)
async def test_a_period_and_a_unit_have_to_be_right(
    service: NotificationsService, query: dict[str, str], pointer: str, says: str
) -> None:
    for path in ("", "/causes"):
        answer = await service.client.get(f"/v1/alerts/statistics{path}", params=PERIOD | query)
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["pointer"]) == (422, pointer)
        assert says in error["detail"]


async def test_the_period_is_the_year_that_ends_today_and_whole_days_in_vietnam(service: NotificationsService) -> None:
    today = service.clock.today()
    first = datetime(today.year, today.month, today.day, tzinfo=BUSINESS_ZONE) - timedelta(days=364)
    for at in (first, first - timedelta(seconds=1)):
        handled = await raised(service, CAM_THUY)
        await service.execute("UPDATE alerts SET raised_at = :at WHERE id = :id", at=at, id=handled.id)
    answer = (await service.client.get("/v1/alerts/statistics")).json()
    assert (answer["from"], answer["to"]) == (first.date().isoformat(), today.isoformat())
    assert answer["whole"]["raised"] == 1


async def test_a_file_has_a_row_for_each_unit_and_no_columns_of_the_whole(service: NotificationsService) -> None:
    for path in (CAM_THUY, BA_THUOC):
        await raised(service, path)
    query = PERIOD | {"under": "38"}
    answer = await service.client.get("/v1/alerts/statistics", params=query, headers={"Accept": "text/csv"})
    header, *rows = answer.content.decode("utf-8-sig").splitlines()
    names = header.split(",")
    assert names[:8] == ["under", "from", "to", "unit_code", "unit_name", "level", "raised", "critical"]
    assert {"time_to_acknowledge_p90_hours", "remedies_done"} < set(names)
    assert not [name for name in names if name.startswith(("whole", "causes"))]
    assert [row.split(",")[:4] for row in rows] == [
        ["38", "2025-10-01", "2025-10-31", "BHXH-BT"],
        ["38", "2025-10-01", "2025-10-31", "BHXH-CT"],
    ]


async def test_the_worst_severity_of_an_alert_is_counted(service: NotificationsService) -> None:
    lag: Episode = an_episode(path=CAM_THUY)
    await service.handle(lag.fell_behind(), lag.worsened(), lag.recovered())
    whole = (await asked(service.client))["whole"]
    assert (whole["raised"], whole["critical"], whole["resolved"], whole["unacknowledged"]) == (1, 1, 1, 0)


async def test_reports_are_due_as_of_the_pinned_day(
    service: NotificationsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.clock, "day_of", lambda _: date(2025, 10, 27))
    await raised(service, CAM_THUY)
    whole = (await asked(service.client))["whole"]
    assert (whole["reports_due"], whole["reports_overdue"]) == (1, 0)


async def test_the_last_day_of_the_period_counts_as_a_whole_and_the_next_one_not(service: NotificationsService) -> None:
    over = datetime(2025, 11, 1, tzinfo=BUSINESS_ZONE)
    for at in (over - timedelta(seconds=1), over):
        handled = await raised(service, CAM_THUY)
        await service.execute("UPDATE alerts SET raised_at = :at WHERE id = :id", at=at, id=handled.id)
    assert (await asked(service.client))["whole"]["raised"] == 1
