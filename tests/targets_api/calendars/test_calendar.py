"""The calendar shows the days as they count."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.holidays import calendar_of
from tests.targets_api.builders import CAM_THACH, TargetsService


async def days(service: TargetsService, start: str, end: str, **more: str) -> list[dict[str, Any]]:
    """The days from the one to the other."""
    answer = await service.http.get("/v1/calendar", params={"from": start, "to": end, **more})
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_holidays_weekends_and_worked_saturdays_are_told_apart(service: TargetsService) -> None:
    found = {day.pop("on"): day for day in await days(service, "2025-04-25", "2025-05-02")}
    assert found["2025-04-25"] == {"weight": 1, "working": True, "kind": "workday", "holiday": None}
    assert found["2025-04-26"] == {"weight": 1, "working": True, "kind": "worked_weekend", "holiday": None}
    assert found["2025-04-27"] == {"weight": 0, "working": False, "kind": "weekend", "holiday": None}
    assert found["2025-04-30"] == {"weight": 0, "working": False, "kind": "holiday", "holiday": "Ngày Chiến thắng"}
    assert found["2025-05-02"]["holiday"] == "Ngày nghỉ (thay cho ngày 26/04/2025)"


async def test_the_weights_add_up_to_the_working_days_that_targets_are_judged_by(service: TargetsService) -> None:
    start, end = date(2024, 12, 1), date(2024, 12, 1) + timedelta(days=399)
    found = await days(service, str(start), str(end), unit_code=CAM_THACH)
    assert len(found) == 400
    assert sum(day["weight"] for day in found) == calendar_of([start, end]).working_days(start, end)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "2025-01-02", "to": "2025-01-01"}, "/query/to"),
        ({"from": "2025-01-01", "to": "2026-02-05"}, "/query/to"),
        ({"from": "2025-01-01", "to": "2025-01-02", "unit_code": "NOWHERE"}, "/query/unit_code"),
        ({"to": "2025-01-02"}, "/query/from"),
    ],
)
async def test_a_range_that_is_none_and_a_unit_that_is_unknown_are_refused(
    service: TargetsService, query: dict[str, str], pointer: str
) -> None:
    answer = await service.http.get("/v1/calendar", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_the_first_and_the_last_day_that_can_be_named_have_a_calendar(service: TargetsService) -> None:
    assert len(await days(service, "1900-01-01", "1900-12-31")) == 365
    assert len(await days(service, "2199-01-01", "2199-12-31")) == 365
