"""Pace as a table of worked examples, and the calendar under it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar import WorkingCalendar
from services.holidays import calendar_of
from services.vocabulary import Measure, PaceStatus, Scope, Severity
from targets_api.domain.episode import Episode, transition_of
from targets_api.domain.pace import Progress, Verdict, pace_of
from targets_api.domain.target import Target

NO_HOLIDAYS = WorkingCalendar(frozenset())
DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
# Ten working days: Monday 3 to Friday 14 November 2025.
START, END = date(2025, 11, 3), date(2025, 11, 14)


def nov(day: int) -> date:
    return date(2025, 11, day)


def a_target(value: float = 100, measure: Measure = "new", starts_on: date = START, ends_on: date = END) -> Target:
    return Target(UUID(int=1), Scope("15142"), "household_health", measure, value, starts_on, ends_on)


def the_pace(achieved: int, on: date, previous: PaceStatus | None = None, target: Target | None = None) -> Verdict:
    return pace_of(target or a_target(), Progress(achieved), on, NO_HOLIDAYS, previous=previous)


Example = tuple[str, int, date, PaceStatus | None, PaceStatus, Severity | None, float | None, int, float | None]
WORKED: list[Example] = [
    # what, achieved, on, previous; status, severity, ratio, short by, needed a day
    ("before the start", 0, nov(1), None, "not_started", None, None, 0, 10.0),
    ("before the start, with some already", 20, nov(2), None, "not_started", None, None, 0, 8.0),
    ("exactly on pace", 50, nov(7), None, "on_track", None, 1.0, 0, 10.0),
    ("a tenth ahead", 55, nov(7), None, "ahead", None, 1.1, 0, 9.0),
    ("just short of ahead", 54, nov(7), None, "on_track", None, 1.08, 0, 9.2),
    ("at the threshold to raise", 45, nov(7), None, "on_track", None, 0.9, 5, 11.0),
    ("below the threshold to raise", 44, nov(7), None, "behind", "warning", 0.88, 6, 11.2),
    ("at the critical threshold", 30, nov(7), None, "behind", "warning", 0.6, 20, 14.0),
    ("below the critical threshold", 29, nov(7), None, "behind", "critical", 0.58, 21, 14.2),
    ("nothing at all", 0, nov(7), None, "behind", "critical", 0.0, 50, 20.0),
    ("was behind, not yet clear", 47, nov(7), "behind", "behind", "warning", 0.94, 3, 10.6),
    ("was not behind, between the thresholds", 47, nov(7), "on_track", "on_track", None, 0.94, 3, 10.6),
    ("was behind, clear", 48, nov(7), "behind", "on_track", None, 0.96, 2, 10.4),
    ("the week-end asks for no more", 50, nov(9), None, "on_track", None, 1.0, 0, 10.0),
    ("last day, one short of pace", 99, nov(14), None, "on_track", None, 0.99, 1, None),
    ("met early", 100, nov(4), "behind", "met", None, 5.0, 0, None),
    ("met after the end", 100, nov(20), "missed", "met", None, 1.0, 0, None),
    ("missed by one", 99, nov(15), "on_track", "missed", "critical", 0.99, 1, None),
    ("missed stays missed", 97, nov(30), "missed", "missed", "critical", 0.97, 3, None),
]


@pytest.mark.parametrize(
    ("achieved", "on", "previous", "status", "severity", "ratio", "short_by", "needed"),
    [row[1:] for row in WORKED],
    ids=[row[0] for row in WORKED],
)
def test_a_worked_example_is_judged(
    achieved: int,
    on: date,
    previous: PaceStatus | None,
    status: PaceStatus,
    severity: Severity | None,
    ratio: float | None,
    short_by: int,
    needed: float | None,
) -> None:
    verdict = the_pace(achieved, on, previous)
    assert (verdict.status, verdict.severity, verdict.short_by) == (status, severity, short_by)
    assert verdict.ratio == pytest.approx(ratio)
    assert verdict.needed_per_day == pytest.approx(needed)


def test_the_launch_day_of_cam_thach_is_six_percent_of_its_way() -> None:
    target = Target(
        UUID(int=1), Scope("15142"), "household_health", "coverage", 0.9515, date(2025, 10, 25), date(2025, 12, 31)
    )
    progress = Progress(achieved=20054, covered_at_start=19702, population=26697)
    calendar = calendar_of([target.starts_on, target.ends_on])
    verdict = pace_of(target, progress, date(2025, 10, 31), calendar)
    assert round(verdict.attained, 4) == 0.0618
    assert verdict.expected == pytest.approx(5 / 48)
    assert (verdict.status, verdict.severity) == ("behind", "critical")
    assert verdict.needed_per_day == pytest.approx((26697 * 0.9515 - 20054) / 43)
    assert "352 of 5,701 persons (6.2%)" in verdict.because


def test_less_than_one_person_short_is_not_behind() -> None:
    target = a_target(value=2)
    assert the_pace(0, date(2025, 11, 5), target=target).status == "on_track"
    assert the_pace(0, date(2025, 11, 7), target=target).status == "behind"


def test_a_period_without_a_working_day_goes_by_calendar_days() -> None:
    target = a_target(starts_on=date(2025, 11, 8), ends_on=date(2025, 11, 9))
    verdict = the_pace(10, date(2025, 11, 8), target=target)
    assert (verdict.expected, verdict.status, verdict.needed_per_day) == (0.5, "behind", 90.0)


def test_a_start_on_a_week_end_expects_nothing_yet() -> None:
    verdict = the_pace(0, date(2025, 11, 1), target=a_target(starts_on=date(2025, 11, 1)))
    assert (verdict.status, verdict.expected, verdict.ratio) == ("on_track", 0.0, None)


def test_missing_data_is_not_recovery() -> None:
    target = a_target(starts_on=date(2025, 11, 1))
    assert the_pace(0, date(2025, 11, 1), "behind", target).status == "behind"


def test_a_goal_that_was_reached_before_the_start_is_met() -> None:
    target = a_target(value=1000, measure="in_force")
    assert pace_of(target, Progress(1200, 1100), START, NO_HOLIDAYS).status == "met"


@given(percent=st.integers(1, 100), hundreds=st.integers(1, 1000))
def test_a_coverage_that_is_reached_to_the_person_is_met(percent: int, hundreds: int) -> None:
    target = a_target(value=percent / 100, measure="coverage")
    verdict = pace_of(target, Progress(percent * hundreds, 0, 100 * hundreds), nov(17), NO_HOLIDAYS)
    assert (verdict.status, verdict.needed_per_day, verdict.short_by) == ("met", None, 0)


def test_a_stock_that_shrinks_below_a_goal_it_once_had_is_behind() -> None:
    target = a_target(value=1000, measure="in_force")
    verdict = pace_of(target, Progress(400, 1100), END, NO_HOLIDAYS)
    assert (verdict.status, verdict.attained) == ("behind", 0.4)


@given(achieved=st.integers(0, 200), on=DAYS, more=st.integers(1, 50))
def test_one_more_sign_up_never_makes_it_worse(achieved: int, on: date, more: int) -> None:
    before, after = the_pace(achieved, on), the_pace(achieved + more, on)
    assert after.short_by <= before.short_by
    assert after.lags <= before.lags


@given(achieved=st.integers(0, 99), on=DAYS)
def test_the_same_day_judged_twice_says_the_same(achieved: int, on: date) -> None:
    first = the_pace(achieved, on)
    assert the_pace(achieved, on, first.status) == the_pace(achieved, on, the_pace(achieved, on, first.status).status)


@given(first=DAYS, last=DAYS, holidays=st.frozensets(DAYS, max_size=30))
def test_working_days_are_those_that_one_would_count(first: date, last: date, holidays: frozenset[date]) -> None:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    counted = sum(1 for day in days if day.weekday() < 5 and day not in holidays)
    assert WorkingCalendar(holidays).working_days(first, last) == counted


def test_national_day_and_tet_are_no_working_days_in_vietnam() -> None:
    calendar = calendar_of([date(2026, 1, 1), date(2026, 12, 31)])
    assert calendar.working_days(date(2026, 9, 2), date(2026, 9, 2)) == 0
    assert calendar.working_days(date(2026, 2, 16), date(2026, 2, 20)) == 0
    assert calendar.working_days(date(2026, 9, 3), date(2026, 9, 4)) == 2


EPISODES: list[tuple[str, list[tuple[int, date]], list[str | None]]] = [
    ("behind, worse, clear", [(40, nov(7)), (40, nov(12)), (90, nov(13))], ["fell_behind", "worsened", "recovered"]),
    ("said once a day", [(40, nov(7)), (40, nov(7)), (40, nov(8))], ["fell_behind", None, None]),
    ("critical at once", [(0, nov(7)), (31, nov(7)), (29, nov(10))], ["fell_behind", None, None]),
    ("missed when near", [(96, nov(14)), (96, nov(17)), (96, nov(18))], [None, "fell_behind", None]),
    ("missed when behind", [(88, nov(14)), (88, nov(17)), (100, nov(18))], ["fell_behind", "worsened", "recovered"]),
    ("a second episode", [(0, nov(4)), (20, nov(4)), (20, nov(10))], ["fell_behind", "recovered", "fell_behind"]),
]


@pytest.mark.parametrize(("steps", "transitions"), [row[1:] for row in EPISODES], ids=[row[0] for row in EPISODES])
def test_each_transition_of_an_episode_is_reported_once(
    steps: list[tuple[int, date]], transitions: list[str | None]
) -> None:
    episode, reported = Episode(), []
    for achieved, on in steps:
        episode, transition = transition_of(episode, the_pace(achieved, on, "behind" if episode.lagging else None))
        reported.append(transition)
    assert reported == transitions
    assert episode.revision == len([transition for transition in transitions if transition])
    assert episode.number == transitions.count("fell_behind")
