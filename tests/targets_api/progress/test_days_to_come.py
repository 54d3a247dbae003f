"""Facts of days to come wait for their day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from tests.targets_api.builders import LAUNCH, TargetsService, sign_ups

DAY: Final = LAUNCH + timedelta(days=3)
OWNERS: Final = ("units/15142", "units/38", "organisations/VNPOST", "collectors/CT-07")


async def told(service: TargetsService) -> list[tuple[int, int, int]]:
    """Net and contributions of each owner, and where its series ends."""
    bodies = [(await service.progress(o), await service.progress(f"{o}/series")) for o in OWNERS]
    return [(body["net"], body["contributions"], series["points"][-1]["cumulative"]) for body, series in bodies]


async def test_sign_ups_of_a_day_to_come_are_in_no_figure_until_that_day(service: TargetsService) -> None:
    await service.handle([*sign_ups(1, amount_paid=5), *sign_ups(3, signed_on=DAY, amount_paid=7)])
    assert await told(service) == [(1, 5, 1)] * len(OWNERS)
    service.runtime.clock.pin(DAY)
    assert await told(service) == [(4, 26, 4)] * len(OWNERS)


SCOPES: Final[tuple[dict[str, str], ...]] = (
    {"unit_code": "15142"},
    {"organisation_code": "VNPOST"},
    {"collector_code": "CT-07"},
    {"unit_code": "38", "organisation_code": "CT"},
)


async def attained(service: TargetsService, target: dict[str, Any]) -> tuple[float, str, str]:
    """As progress shows it, with the status of the last review."""
    scope = target["scope"]
    kind = next(kind for kind in ("collector", "organisation", "unit") if scope[f"{kind}_code"])
    shown = (await service.progress(f"{kind}s/{scope[f'{kind}_code']}"))["targets"]
    [of_target] = [each for each in shown if each["id"] == target["id"]]
    [row] = await service.rows("SELECT status FROM target_progress")
    return of_target["attained"], of_target["status"], row.status


@pytest.mark.parametrize("scope", SCOPES, ids=" and ".join)
async def test_targets_are_reached_by_sign_ups_of_a_day_to_come_on_that_day(
    service: TargetsService, scope: dict[str, str]
) -> None:
    target = await service.target(scope=scope, value=4, starts_on=str(LAUNCH), ends_on="2025-12-31")
    await service.handle([*sign_ups(1), *sign_ups(3, signed_on=DAY)])
    assert await attained(service, target) == (0.25, "on_track", "on_track")
    await service.sweep(DAY)
    assert await attained(service, target) == (1.0, "met", "met")
