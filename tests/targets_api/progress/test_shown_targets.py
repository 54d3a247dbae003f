"""Which targets a page shows: those of its years, those that ended just before, those whose alert is open."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.targets_api.builders import CAM_THACH, TargetsService, sign_ups

DECEMBER = {"starts_on": "2025-12-01", "ends_on": "2025-12-31"}
JANUARY_2 = date(2026, 1, 2)


async def shown(service: TargetsService, **params: Any) -> list[str]:
    return [target["status"] for target in (await service.progress(**params))["targets"]]


async def december(service: TargetsService, signed_up: int, value: int = 10) -> dict[str, Any]:
    """A target of December, with so many sign-ups, as it is after its end."""
    target = await service.target(**DECEMBER, value=value)
    await service.handle(sign_ups(signed_up, signed_on=date(2025, 12, 3)))
    await service.sweep(date(2025, 12, 31))
    await service.sweep(JANUARY_2)
    return target


@pytest.mark.parametrize(("day", "expected"), [("2026-01-02", 1), ("2026-01-31", 1), ("2026-02-01", 0)])
async def test_a_target_that_was_met_is_shown_for_31_days_after_its_end(
    service: TargetsService, day: str, expected: int
) -> None:
    await december(service, signed_up=10)
    service.runtime.clock.pin(date.fromisoformat(day))
    assert await shown(service) == ["met"] * expected
    service.runtime.clock.pin(date(2026, 6, 1))
    assert await shown(service, on=day) == ["met"] * expected
    assert await shown(service, on=day, **{"from": "2025-12-31"}) == ["met"]


async def test_a_target_whose_alert_is_open_is_shown_until_it_is_resolved(service: TargetsService) -> None:
    await december(service, signed_up=9)
    service.runtime.clock.pin(date(2026, 6, 1))
    assert await shown(service) == ["missed"]
    await service.handle(sign_ups(1, signed_on=date(2025, 12, 31)))
    assert await service.transitions() == ["fell_behind", "recovered"]
    assert await shown(service) == []
    assert await shown(service, on="2026-05-31") == ["missed"]
    assert await shown(service, on="2026-01-15") == ["missed"]


async def test_a_target_that_never_raised_an_alert_is_not_kept_for_one(service: TargetsService) -> None:
    service.runtime.clock.pin(JANUARY_2)
    await service.target(**DECEMBER)
    assert await shown(service) == ["missed"]
    service.runtime.clock.pin(date(2026, 2, 1))
    assert await shown(service) == []


async def test_a_withdrawn_target_is_not_shown_though_its_alert_was_open(service: TargetsService) -> None:
    target = await december(service, signed_up=0)
    body = {"version": 1, "reason": "Set for another commune by mistake."}
    answer = await service.http.post(f"/v1/targets/{target['id']}/withdrawal", json=body)
    assert answer.status_code == 200
    assert await shown(service) == []


async def test_rows_of_children_show_them_too(service: TargetsService) -> None:
    await december(service, signed_up=10)
    items = (await service.progress("units/CS-CT/children"))["items"]
    assert {item["unit"]["code"]: len(item["targets"]) for item in items} == {CAM_THACH: 1, "15127": 0}
