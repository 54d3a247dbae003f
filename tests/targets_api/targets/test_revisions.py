"""Targets that are revised and withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.clock import BUSINESS_ZONE
from tests.targets_api.builders import CAM_THACH, LAUNCH, TargetsService, a_target_body, a_unit, sign_ups

AFTER_FRIDAY = date(2025, 11, 8)
REASON = {"reason": "The province's plan was changed."}


async def change(service: TargetsService, target: dict[str, Any], what: str, **body: Any) -> httpx.Response:
    """Revise or withdraw a target."""
    return await service.http.post(f"/v1/targets/{target['id']}/{what}", json={"version": 1} | REASON | body)


async def test_a_revised_target_is_judged_by_its_new_value_from_its_day_on(service: TargetsService) -> None:
    target = await service.target()
    await service.handle(sign_ups(50, signed_on=date(2025, 11, 4)))
    await service.sweep(AFTER_FRIDAY)
    assert await service.transitions() == []
    answer = await change(service, target, "revision", value=200, **{"from": "2025-11-08"})
    assert (answer.status_code, answer.json()) == (200, target | {"value": 200, "version": 2})
    assert (await service.http.get(f"/v1/targets/{target['id']}")).json() == answer.json()
    assert await service.transitions() == ["fell_behind"]
    now, before = await service.progress(), await service.progress(on="2025-11-07")
    assert [(t["value"], t["status"]) for t in now["targets"]] == [(200, "behind")]
    assert [(t["value"], t["status"]) for t in before["targets"]] == [(100, "on_track")]
    [event] = await service.published("drive.target.revised")
    assert (event.data.value, event.data.value_before, event.data.version) == (200, 100, 2)


async def test_the_alert_of_a_target_that_lags_before_and_after_a_revision_follows_its_value(
    service: TargetsService,
) -> None:
    target = await service.target()
    await service.sweep(AFTER_FRIDAY)
    await change(service, target, "revision", value=90, **{"from": "2025-11-08"})
    before, after = await service.published()
    assert (before.data.figures.value, after.data.figures.value) == (100, 90)
    stage = (after.data.episode, after.data.severity, after.data.worst_severity)
    assert stage == (before.data.episode, before.data.severity, before.data.worst_severity)
    assert after.data.revision == before.data.revision + 1


async def test_of_two_revisions_the_later_one_holds_from_its_day_on(service: TargetsService) -> None:
    target = await service.target()
    service.runtime.clock.pin(date(2025, 11, 12))
    for version, value, day in ((1, 150, "2025-11-10"), (2, 120, "2025-11-06")):
        answer = await change(service, target, "revision", version=version, value=value, **{"from": day})
        assert answer.status_code == 200, answer.text
    values = {day: (await service.progress(on=f"2025-11-{day}"))["targets"][0]["value"] for day in ("05", "07", "12")}
    assert values == {"05": 100, "07": 120, "12": 120}


async def test_a_withdrawn_target_is_no_more_and_its_episode_ends(service: TargetsService) -> None:
    target = await service.target()
    await service.sweep(AFTER_FRIDAY)
    answer = await change(service, target, "withdrawal")
    assert (answer.status_code, answer.json()) == (200, target | {"version": 2, "withdrawn_on": "2025-11-08"})
    assert await service.transitions() == ["fell_behind", "recovered"]
    assert [event.data.withdrawn for event in await service.published()] == [False, True]
    assert (await service.progress())["targets"] == []
    assert len((await service.progress(on="2025-11-07"))["targets"]) == 1
    lists = [(await service.http.get("/v1/targets", params=p)).json()["items"] for p in ({}, {"withdrawn": "true"})]
    assert [[each["id"] for each in items] for items in lists] == [[], [target["id"]]]
    await service.handle(sign_ups(1, signed_on=date(2025, 11, 8)))
    await service.sweep(date(2025, 11, 20))
    assert await service.transitions() == ["fell_behind", "recovered"]
    assert (await service.target())["id"] != target["id"]


async def test_a_change_is_kept_with_its_reason_and_who_made_it(service: TargetsService) -> None:
    target = await service.target()
    await change(service, target, "revision", value=90, **{"from": "2025-11-03"})
    await change(service, target, "withdrawal", version=2, reason="Set twice.")
    rows = await service.rows(
        "SELECT version, value_before, value, holds_from, reason, organisation_code AS by"
        " FROM target_changes ORDER BY version"
    )
    assert [tuple(row) for row in rows] == [
        (2, 100, 90, date(2025, 11, 3), REASON["reason"], "CT"),
        (3, None, None, None, "Set twice.", "CT"),
    ]


async def test_the_history_of_a_target_tells_when_by_whom_and_why(service: TargetsService) -> None:
    target = await service.target()
    service.runtime.clock.pin(AFTER_FRIDAY)
    await change(service, target, "revision", value=90, **{"from": "2025-11-05"})
    await change(service, target, "withdrawal", version=2, reason="Set twice.")
    items = (await service.http.get(f"/v1/targets/{target['id']}/history")).json()["items"]
    names = ("version", "what", "value_before", "value", "from", "reason")
    assert [tuple(item[name] for name in names) for item in items] == [
        (1, "set", None, 100, "2025-11-03", None),
        (2, "revised", 100, 90, "2025-11-05", REASON["reason"]),
        (3, "withdrawn", 90, None, "2025-11-08", "Set twice."),
    ]
    days = [datetime.fromisoformat(item["at"]).astimezone(BUSINESS_ZONE).date() for item in items]
    assert days == [LAUNCH, AFTER_FRIDAY, AFTER_FRIDAY]
    [by] = {tuple(item["by"].values()) for item in items}
    assert by[0] == "CT"


async def test_a_target_of_the_version_before_has_a_history_without_who_set_it(service: TargetsService) -> None:
    target = await service.target()
    async with service.runtime.database.write() as work:
        await work.execute(text("UPDATE targets SET set_at = NULL, set_by_organisation = NULL, set_by_subject = NULL"))
    [item] = (await service.http.get(f"/v1/targets/{target['id']}/history")).json()["items"]
    assert (item["what"], item["at"], item["by"], item["value"]) == ("set", None, None, 100)


async def test_what_is_not_there_has_no_history(service: TargetsService) -> None:
    answer = await service.http.get("/v1/targets/0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01/history")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "no-such-target")


WRONG: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("revision", {"version": 2, "value": 90, "from": "2025-11-03"}, 409, "stale-version", "/version"),
    ("withdrawal", {"version": 7}, 409, "stale-version", "/version"),
    ("revision", {"value": 0.5, "from": "2025-11-03"}, 422, "invalid-target", "/value"),
    ("revision", {"value": 90, "from": "2025-11-02"}, 422, "invalid-target", "/from"),
    ("revision", {"value": 90, "from": "2025-11-09"}, 422, "invalid-target", "/from"),
    ("revision", {"value": 90, "from": "2025-11-08", "reason": ""}, 422, "invalid", "/reason"),
    ("revision", {"value": 90}, 422, "invalid", "/from"),
    ("withdrawal", {"reason": "two\nlines"}, 422, "invalid", "/reason"),
]


@pytest.mark.parametrize(("what", "body", "status", "code", "pointer"), WRONG)
async def test_a_wrong_change_is_refused(
    service: TargetsService, what: str, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    target = await service.target()
    service.runtime.clock.pin(AFTER_FRIDAY)
    answer = await change(service, target, what, **body)
    problem = answer.json()
    assert (answer.status_code, problem["type"].rpartition("/")[2]) == (status, code), problem
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert await service.rows("SELECT 1 FROM target_changes") == []


async def test_what_is_withdrawn_or_over_is_not_revised(service: TargetsService) -> None:
    target = await service.target()
    over = await service.target(starts_on="2025-09-01", ends_on="2025-09-30")
    await change(service, target, "withdrawal")
    for changed, what in ((target, "target-withdrawn"), (over, "target-over")):
        version = 2 if changed is target else 1
        answer = await change(service, changed, "revision", version=version, value=9, **{"from": "2025-09-30"})
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, what)
    unknown = await change(service, {"id": "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01"}, "withdrawal")
    assert (unknown.status_code, unknown.json()["type"].rpartition("/")[2]) == (404, "no-such-target")


async def test_a_target_that_was_over_when_it_was_set_raises_no_alert(service: TargetsService) -> None:
    target = await service.target(starts_on="2025-10-01", ends_on="2025-10-24")
    await service.handle(sign_ups(1, signed_on=date(2025, 10, 2)))
    await service.sweep(date(2025, 10, 27))
    assert await service.transitions() == []
    progress = await service.progress(on="2025-10-24")
    assert [(t["id"], t["status"]) for t in progress["targets"]] == [(target["id"], "missed")]


async def test_a_collector_of_another_organisation_is_refused(service: TargetsService) -> None:
    body = a_target_body(scope={"organisation_code": "NL", "collector_code": "CT-07"})
    answer = await service.http.post("/v1/targets", json=body)
    detail = "CT-07 collects for CT, which is not part of NL"
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/scope/collector_code", "detail": detail}]
    for organisation in ("CT", "VNPOST"):
        await service.target(scope={"organisation_code": organisation, "collector_code": "CT-07"})


async def test_a_lag_is_published_again_where_its_unit_has_another_place_or_name(service: TargetsService) -> None:
    village = await service.target(scope={"unit_code": "15142-01"})
    await service.target(scope={"unit_code": "38"}, value=1)
    await service.sweep(date(2025, 11, 4))
    before = len(await service.published())
    moved_to = a_unit("CS-BT", "38", "insurance_unit")
    await service.handle([moved_to, a_unit(CAM_THACH, "CS-BT", version=2, name="Xã Mới")])
    await service.handle([a_unit("15142-01", CAM_THACH, "village", version=2, name="Thôn Mới")])
    moved, renamed = (await service.published())[before:]
    assert {str(moved.data.target_id), str(renamed.data.target_id)} == {village["id"]}
    assert (moved.data.path, moved.data.unit_name) == (("38", "CS-BT", CAM_THACH, "15142-01"), "Unit 15142-01")
    assert renamed.data.unit_name == "Thôn Mới"
    assert (moved.data.episode, renamed.data.episode) == (1, 1)
    assert moved.data.revision < renamed.data.revision
