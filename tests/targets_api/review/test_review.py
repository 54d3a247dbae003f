"""Reviews: each transition of a target is reported once, however many reviewers there are."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from sqlalchemy import text

from tests.targets_api.builders import CAM_THACH, LAUNCH, TargetsService, a_unit, sign_ups

AFTER_FRIDAY, AFTER_MONDAY, AFTER_WEDNESDAY = date(2025, 11, 8), date(2025, 11, 11), date(2025, 11, 13)
"""Days on which the one before is over."""
AFTER = date(2025, 11, 17)

_MANY_TARGETS = """
    INSERT INTO targets (id, unit_code, scheme, measure, value, starts_on, ends_on, name)
    SELECT gen_random_uuid(), '38', 'household_health', 'new', 10, '2025-11-03', '2025-11-14', n::text
    FROM generate_series(1, 1203) n
"""
_THEIR_PROGRESS = """
    INSERT INTO target_progress (target_id, achieved, covered_at_start, count_from, status, lagging, episode, revision)
    SELECT id, 0, 0, starts_on, 'not_started', false, 0, 0 FROM targets
"""


async def test_a_target_without_sign_ups_falls_behind_and_two_reviewers_report_it_once(service: TargetsService) -> None:
    target = await service.target()
    await service.handle(sign_ups(40, signed_on=date(2025, 11, 3)))
    assert await service.transitions() == []
    service.runtime.clock.pin(AFTER_FRIDAY)
    await asyncio.gather(service.sweep(), service.sweep(), service.sweep())
    [event] = await service.published()
    assert event.type == "drive.pace.fell_behind.v1"
    assert (str(event.data.target_id), event.data.episode, event.data.revision) == (target["id"], 1, 1)
    assert event.data.path == ("38", "CS-CT", CAM_THACH)
    assert (event.data.unit_name, event.data.scope.unit_code) == ("Xã Cẩm Thạch", CAM_THACH)
    figures = event.data.figures
    assert (event.data.status, event.data.severity) == ("behind", "warning")
    assert (figures.achieved, figures.value, figures.ratio, figures.short_by) == (40, 100, 0.8, 10)
    assert (figures.on, figures.needed_per_day) == (AFTER_FRIDAY, 12.0)


async def test_it_worsens_and_recovers_once_each(service: TargetsService) -> None:
    await service.target()
    await service.handle(sign_ups(40, signed_on=date(2025, 11, 3)))
    await service.sweep(AFTER_FRIDAY)
    await service.sweep(date(2025, 11, 9))
    await service.sweep(date(2025, 11, 10))
    assert await service.transitions() == ["fell_behind"]
    await asyncio.gather(service.sweep(AFTER_WEDNESDAY), service.sweep(AFTER_WEDNESDAY))
    assert await service.transitions() == ["fell_behind", "worsened"]
    await service.handle(sign_ups(35, signed_on=AFTER_WEDNESDAY))
    assert await service.transitions() == ["fell_behind", "worsened"]
    await asyncio.gather(*(service.handle(sign_ups(2, signed_on=AFTER_WEDNESDAY)) for _ in range(4)))
    assert await service.transitions() == ["fell_behind", "worsened", "recovered"]
    assert [event.data.revision for event in await service.published()] == [1, 2, 3]
    [row] = await service.rows("SELECT lagging, status FROM target_progress")
    assert (row.lagging, row.status) == (False, "on_track")


async def test_each_transition_has_the_gravest_severity_of_its_episode_and_the_next_episode_begins_anew(
    service: TargetsService,
) -> None:
    await service.target()
    await service.handle(sign_ups(40, signed_on=date(2025, 11, 3)))
    await service.sweep(AFTER_FRIDAY)
    await service.sweep(AFTER_WEDNESDAY)
    await service.handle(sign_ups(38, signed_on=AFTER_WEDNESDAY))
    await service.sweep(date(2025, 11, 14))
    assert await service.transitions() == ["fell_behind", "worsened", "recovered", "fell_behind"]
    severities = [(event.data.severity, event.data.worst_severity) for event in await service.published()]
    assert severities == [("warning", "warning"), ("critical", "critical"), (None, "critical"), ("warning", "warning")]


async def test_a_second_episode_has_the_next_number(service: TargetsService) -> None:
    await service.target()
    await service.sweep(AFTER_FRIDAY)
    await service.handle(sign_ups(50, signed_on=AFTER_FRIDAY))
    await service.sweep(AFTER_WEDNESDAY)
    events = await service.published()
    assert await service.transitions() == ["fell_behind", "recovered", "fell_behind"]
    assert [event.data.episode for event in events] == [1, 1, 2]


async def test_a_target_that_is_met_recovers_for_good(service: TargetsService) -> None:
    await service.target()
    await service.sweep(AFTER_FRIDAY)
    await service.handle(sign_ups(100, signed_on=AFTER_FRIDAY))
    assert (await service.progress())["targets"][0]["status"] == "met"
    await service.sweep(AFTER)
    assert await service.transitions() == ["fell_behind", "recovered"]


async def test_a_target_that_ended_unmet_is_missed_once_and_left_alone(service: TargetsService) -> None:
    await service.target()
    await service.handle(sign_ups(99, signed_on=date(2025, 11, 3)))
    await service.sweep(AFTER)
    [event] = await service.published()
    assert (event.data.status, event.data.severity, event.data.figures.short_by) == ("missed", "critical", 1)
    await service.sweep(date(2025, 12, 1))
    assert await service.transitions() == ["fell_behind"]
    [row] = await service.rows("SELECT reviewed_on FROM target_progress")
    assert row.reviewed_on == AFTER
    await service.handle(sign_ups(1, signed_on=date(2025, 11, 14)))
    assert await service.transitions() == ["fell_behind", "recovered"]


async def test_a_target_set_late_is_behind_at_once(service: TargetsService) -> None:
    service.runtime.clock.pin(AFTER_MONDAY)
    await service.target()
    assert await service.transitions() == ["fell_behind"]
    [event] = await service.published("drive.target.set")
    assert (event.data.value, event.data.scope.unit_code) == (100, CAM_THACH)


async def test_a_new_baseline_can_end_an_episode(service: TargetsService) -> None:
    await service.baseline(LAUNCH - timedelta(days=1), covered=1000, population=2000)
    await service.target(measure="coverage", value=0.6)
    await service.sweep(AFTER_MONDAY)
    await service.baseline(AFTER_MONDAY - timedelta(days=1), covered=1190, population=2000)
    assert await service.transitions() == ["fell_behind", "recovered"]
    recovered = (await service.published())[-1]
    assert recovered.data.figures.achieved == 0.595


async def test_a_unit_that_moves_takes_its_sign_ups_out_of_the_pace(service: TargetsService) -> None:
    await service.target()
    await service.handle(sign_ups(60, unit_code="15142-01", signed_on=date(2025, 11, 3)))
    await service.sweep(AFTER_FRIDAY)
    assert await service.transitions() == []
    await service.handle([a_unit("15142-01", "15127", "village", version=2)])
    assert await service.transitions() == ["fell_behind"]


async def test_an_event_keeps_the_correlation_of_what_caused_it(service: TargetsService) -> None:
    await service.target()
    await service.sweep(AFTER_FRIDAY)
    await service.handle(sign_ups(60, signed_on=AFTER_FRIDAY))
    by_the_clock, by_a_request = await service.published()
    assert by_a_request.correlationid == "the-request"
    assert by_the_clock.correlationid not in ("", "the-request")


async def test_more_targets_than_fit_a_unit_of_work_are_all_reviewed(service: TargetsService) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(text(_MANY_TARGETS))
        await work.execute(text(_THEIR_PROGRESS))
    await service.sweep(AFTER_FRIDAY)
    assert (await service.transitions()).count("fell_behind") == 1203


async def test_the_result_of_a_period_that_is_over_raises_no_alert_when_a_unit_moves(service: TargetsService) -> None:
    await service.target()
    await service.handle(sign_ups(100, unit_code="15142-01", signed_on=date(2025, 11, 4)))
    await service.sweep(AFTER)
    assert await service.transitions() == []
    service.runtime.clock.pin(date(2026, 6, 1))
    await service.handle([a_unit("15142-01", "15127", "village", version=2)])
    assert (await service.progress(on="2025-11-14"))["targets"][0]["status"] == "missed"
    assert await service.transitions() == []
