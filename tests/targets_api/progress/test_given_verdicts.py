"""Progress as of a past day shows the verdict that was given on that day, whatever became known later."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.targets_api.builders import TargetsService, sign_ups

MONDAY, SATURDAY, SUNDAY = date(2025, 11, 3), date(2025, 11, 8), date(2025, 11, 9)
LATER = date(2025, 11, 12)


async def target_on(service: TargetsService, day: date) -> dict[str, Any]:
    """The only target of the page, as of that day."""
    [target] = (await service.progress(on=day.isoformat()))["targets"]
    return dict(target)


async def nearly_caught_up(service: TargetsService) -> None:
    """A target that fell behind, and has come to 92 % of what is expected: between what raises and what clears."""
    await service.target()
    await service.handle(sign_ups(40, signed_on=MONDAY))
    await service.sweep(SATURDAY)
    await service.handle(sign_ups(6, signed_on=SATURDAY))


async def test_what_lagged_yesterday_is_shown_as_lagging_yesterday(service: TargetsService) -> None:
    await nearly_caught_up(service)
    today = await target_on(service, SATURDAY)
    await service.sweep(SUNDAY)
    yesterday = await target_on(service, SATURDAY)
    assert (today["ratio"], today["status"], today["severity"]) == (0.92, "behind", "warning")
    assert yesterday == today


async def test_late_sign_ups_change_the_figures_of_a_past_day_and_not_its_verdict(service: TargetsService) -> None:
    await service.target()
    await service.sweep(SATURDAY)
    service.runtime.clock.pin(LATER)
    await service.handle(sign_ups(80, signed_on=date(2025, 11, 5)))
    then = await target_on(service, SATURDAY)
    assert (then["attained"], then["status"], then["severity"]) == (0.8, "behind", "critical")
    assert then["because"].endswith("; by what was known on 2025-11-08, it was behind")
    now = await target_on(service, LATER)
    assert now["status"] == "ahead"
    assert "by what was known" not in now["because"]


async def test_of_several_verdicts_of_a_day_the_last_one_is_shown(service: TargetsService) -> None:
    await service.target()
    await service.sweep(SATURDAY)
    await service.handle(sign_ups(70, signed_on=SATURDAY))
    await service.sweep(LATER)
    assert (await target_on(service, SATURDAY))["status"] == "ahead"
    assert await service.transitions() == ["fell_behind", "recovered"]


async def test_of_a_day_on_which_nothing_was_judged_the_open_alert_is_remembered(service: TargetsService) -> None:
    await nearly_caught_up(service)
    await service.sweep(LATER)
    on_sunday = await target_on(service, SUNDAY)
    assert (on_sunday["ratio"], on_sunday["status"]) == (0.92, "behind")


async def test_of_a_day_before_the_target_was_set_the_verdict_is_computed(service: TargetsService) -> None:
    service.runtime.clock.pin(LATER)
    await service.target()
    await service.handle(sign_ups(50, signed_on=MONDAY))
    assert (await target_on(service, date(2025, 11, 7)))["status"] == "on_track"


async def test_a_verdict_is_kept_once_however_often_it_is_confirmed(service: TargetsService) -> None:
    await service.target()
    for day in (SATURDAY, SUNDAY, SUNDAY, date(2025, 11, 10)):
        await service.sweep(day)
        await service.handle(sign_ups(1, signed_on=day))
    rows = await service.rows('SELECT "on", until, status, severity, lagging FROM target_verdicts ORDER BY "on"')
    assert [tuple(row) for row in rows] == [
        (date(2025, 10, 25), date(2025, 10, 25), "not_started", None, False),
        (SATURDAY, date(2025, 11, 10), "behind", "critical", True),
    ]
