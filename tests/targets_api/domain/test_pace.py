"""Pace as a table of worked examples, and the calendar under it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar import WorkingCalendar
from services.holidays import calendar_of
from services.vocabulary import Measure, PaceStatus, Scope, Severity
from targets_api.domain.episode import Episode, transition_of
from targets_api.domain.pace import LEAST_WAY, Progress, Verdict, pace_of
from targets_api.domain.target import Target

NO_HOLIDAYS = WorkingCalendar(frozenset())
DAY = timedelta(days=1)
DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
# Ten working days: Monday 3 to Friday 14 November 2025.
START, END = date(2025, 11, 3), date(2025, 11, 14)


def nov(day: int) -> date:
    return date(2025, 11, day)


def a_target(value: float = 100, measure: Measure = "new", starts_on: date = START, ends_on: date = END) -> Target:
    return Target(UUID(int=1), Scope("15142"), "household_health", measure, value, starts_on, ends_on)


def the_pace(achieved: int, on: date, previous: PaceStatus | None = None, target: Target | None = None) -> Verdict:
    """At the end of the day `on`, when it is over."""
    return judged(target or a_target(), Progress(achieved), on, previous)


def judged(target: Target, progress: Progress, on: date, previous: PaceStatus | None = None) -> Verdict:
    """The same, of any progress."""
    return pace_of(target, progress, on, on + DAY, NO_HOLIDAYS, previous=previous)


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
    ("last day over, one short", 99, nov(14), None, "missed", "critical", 0.99, 1, None),
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
    verdict = pace_of(target, progress, date(2025, 11, 1), date(2025, 11, 1), calendar)
    assert (verdict.attained, verdict.expected) == (0.061, 0.104)  # of 5,701 persons, and of 48 days, 5 are over
    assert (verdict.status, verdict.severity) == ("behind", "critical")
    assert verdict.needed_per_day == 124.4  # (25,403 - 20,054) / 43, rounded up
    assert verdict.because == ("352 of 5,701 persons (6.1%) by 2025-11-01, when 10.4% of the working days are over")


def test_less_than_one_person_short_is_not_behind() -> None:
    target = a_target(value=2)
    assert the_pace(0, date(2025, 11, 5), target=target).status == "on_track"
    assert the_pace(0, date(2025, 11, 7), target=target).status == "behind"


def test_a_period_without_a_working_day_goes_by_calendar_days() -> None:
    target = a_target(starts_on=date(2025, 11, 8), ends_on=date(2025, 11, 9))
    verdict = the_pace(10, date(2025, 11, 8), target=target)
    assert (verdict.expected, verdict.status, verdict.needed_per_day) == (0.5, "behind", 90.0)
    assert verdict.because.endswith("when 50.0% of the days are over")


def test_a_launch_day_is_not_over_before_it_has_begun() -> None:
    launch = date(2025, 10, 25)
    target = a_target(value=300, starts_on=launch, ends_on=launch)
    morning = pace_of(target, Progress(0), launch, launch, NO_HOLIDAYS)
    assert (morning.status, morning.expected, morning.ratio, morning.needed_per_day) == ("on_track", 0.0, None, 300.0)
    day_after = pace_of(target, Progress(299), launch + DAY, launch + DAY, NO_HOLIDAYS)
    assert (day_after.status, day_after.expected, day_after.needed_per_day) == ("missed", 1.0, None)


def test_a_running_day_expects_nothing_and_is_a_day_left() -> None:
    running = pace_of(a_target(), Progress(40), nov(7), nov(7), NO_HOLIDAYS)
    assert (running.expected, running.ratio, running.needed_per_day) == (0.4, 1.0, 10.0)
    assert pace_of(a_target(), Progress(40), nov(7), nov(20), NO_HOLIDAYS).expected == 0.5


def test_every_day_of_a_short_period_counts() -> None:
    saturday = date(2025, 10, 25)
    target = a_target(value=80, starts_on=saturday, ends_on=saturday + 7 * DAY)
    friday = the_pace(70, saturday + 6 * DAY, target=target)
    assert (friday.expected, friday.status, friday.needed_per_day) == (0.875, "on_track", 10.0)


def test_the_last_day_of_a_period_counts_on_a_week_end_too() -> None:
    target = a_target(value=210, starts_on=nov(1), ends_on=nov(30))  # a Sunday, after 20 working days
    friday = the_pace(200, nov(28), target=target)
    assert (friday.expected, friday.status, friday.needed_per_day) == (0.952, "on_track", 10.0)
    assert the_pace(200, nov(30), target=target).status == "missed"


def test_days_of_tet_are_counted_where_no_day_is_worked() -> None:
    calendar = calendar_of([date(2026, 2, 14), date(2026, 2, 22)])
    target = a_target(starts_on=date(2026, 2, 16), ends_on=date(2026, 2, 20))
    verdict = pace_of(target, Progress(10), date(2026, 2, 17), date(2026, 2, 17), calendar)
    assert (verdict.expected, verdict.because) == (
        0.2,
        "10 of 100 persons (10.0%) by 2026-02-17, when 20.0% of the days are over",
    )


def test_a_start_on_a_week_end_expects_nothing_yet() -> None:
    verdict = the_pace(0, date(2025, 11, 1), target=a_target(starts_on=date(2025, 11, 1)))
    assert (verdict.status, verdict.expected, verdict.ratio) == ("on_track", 0.0, None)


def test_missing_data_is_not_recovery() -> None:
    target = a_target(starts_on=date(2025, 11, 1))
    assert the_pace(0, date(2025, 11, 1), "behind", target).status == "behind"


def test_a_goal_that_was_reached_before_the_start_is_met() -> None:
    target = a_target(value=1000, measure="in_force")
    assert judged(target, Progress(1200, 1100), START).status == "met"


@given(percent=st.integers(1, 100), hundreds=st.integers(1, 1000))
def test_a_coverage_that_is_reached_to_the_person_is_met(percent: int, hundreds: int) -> None:
    target = a_target(value=percent / 100, measure="coverage")
    verdict = judged(target, Progress(percent * hundreds, 0, 100 * hundreds), nov(17))
    assert (verdict.status, verdict.needed_per_day, verdict.short_by) == ("met", None, 0)


@pytest.mark.parametrize("began", [14_999, 15_000, 15_200])
def test_a_stock_that_began_at_its_goal_has_to_keep_it(began: int) -> None:
    target = a_target(value=15_000, measure="in_force")
    verdict = judged(target, Progress(13_600, began), nov(7))
    assert (verdict.status, verdict.severity, verdict.short_by, verdict.attained) == ("behind", "critical", 1400, 0.0)
    assert verdict.expected >= 0.999
    assert verdict.because == "13,600 of 15,000 persons by 2025-11-07, when 15,000 are expected"


@pytest.mark.parametrize("began", [14_999, 15_000, 15_200])
def test_a_stock_that_lost_a_few_of_its_goal_is_on_track(began: int) -> None:
    target = a_target(value=15_000, measure="in_force")
    verdict = judged(target, Progress(14_990, began), nov(7))
    assert (verdict.status, verdict.short_by) == ("on_track", 10)


def test_a_stock_that_lost_persons_has_attained_nothing() -> None:
    target = a_target(value=2000, measure="in_force")
    verdict = judged(target, Progress(900, 1000), nov(7))
    assert (verdict.status, verdict.attained, verdict.expected, verdict.short_by) == ("behind", 0.0, 0.5, 600)
    assert verdict.because == "900 of 2,000 persons by 2025-11-07, when 1,500 are expected"


def test_a_stock_is_measured_from_the_later_of_start_and_baseline() -> None:
    target = a_target(value=1000, measure="in_force")
    verdict = judged(target, Progress(500, 500, measured_from=nov(12)), nov(11))
    assert (verdict.status, verdict.expected) == ("on_track", 0.0)
    assert judged(target, Progress(500, 500, measured_from=nov(12)), nov(12)).expected == 0.333


@given(goal=st.integers(1, 30_000), began=st.integers(0, 40_000), lost=st.integers(0, 3000), on=DAYS)
def test_one_person_more_at_the_start_changes_a_verdict_by_little(goal: int, began: int, lost: int, on: date) -> None:
    target = a_target(value=goal, measure="in_force")
    one, other = (judged(target, Progress(began - lost, began + more), on) for more in (0, 1))
    assert abs(one.short_by - other.short_by) <= 1
    assert abs(one.expected - other.expected) <= 1.002 / (goal * LEAST_WAY) + 0.001


def test_nothing_is_shown_as_reached_before_it_is() -> None:
    target = a_target(value=95_150, measure="in_force")
    verdict = judged(target, Progress(95_149, 0), nov(13))
    assert (verdict.attained, verdict.expected, verdict.needed_per_day) == (0.999, 0.9, 1.0)
    last = pace_of(a_target(value=100_000), Progress(99_999), START, START, NO_HOLIDAYS)
    assert last.needed_per_day == 0.1


def test_a_goal_is_a_whole_number_of_persons() -> None:
    target = a_target(value=4.5)
    assert the_pace(4, nov(13), target=target).status == "on_track"
    met = the_pace(5, nov(13), target=target)
    assert (met.status, met.attained, met.because[:23]) == ("met", 1.0, "5 of 5 persons (100.0%)")


@given(achieved=st.integers(0, 200), on=DAYS, more=st.integers(1, 50))
def test_one_more_sign_up_never_makes_it_worse(achieved: int, on: date, more: int) -> None:
    before, after = the_pace(achieved, on), the_pace(achieved + more, on)
    assert after.short_by <= before.short_by
    assert after.lags <= before.lags


@given(achieved=st.integers(0, 99), on=DAYS)
def test_the_same_day_judged_twice_says_the_same(achieved: int, on: date) -> None:
    first = the_pace(achieved, on)
    assert the_pace(achieved, on, first.status) == the_pace(achieved, on, the_pace(achieved, on, first.status).status)


@given(first=DAYS, last=DAYS, off=st.frozensets(DAYS, max_size=30), worked=st.frozensets(DAYS, max_size=30))
def test_working_days_are_those_that_one_would_count(
    first: date, last: date, off: frozenset[date], worked: frozenset[date]
) -> None:
    days = [first + n * DAY for n in range((last - first).days + 1)]
    counted = sum(day not in off if day.weekday() < 5 else day in worked for day in days)
    assert WorkingCalendar(off, worked).working_days(first, last) == counted


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
def test_a_year_has_the_working_days_that_the_library_counts(year: int) -> None:
    first, last = date(year, 1, 1), date(year, 12, 31)
    library = holidays.country_holidays("VN", years=range(year - 1, year + 2))
    in_library = sum(library.is_working_day(first + n * DAY) for n in range((last - first).days + 1))
    assert calendar_of([first]).working_days(first, last) == in_library


@pytest.mark.parametrize("saturday", [date(2024, 5, 4), date(2025, 4, 26), date(2026, 8, 22)])
def test_a_saturday_that_is_worked_for_a_day_off_counts(saturday: date) -> None:
    assert calendar_of([saturday]).working_days(saturday, saturday) == 1


def test_national_day_and_tet_are_no_working_days_in_vietnam() -> None:
    calendar = calendar_of([date(2026, 1, 1), date(2026, 12, 31)])
    assert calendar.working_days(date(2026, 9, 2), date(2026, 9, 2)) == 0
    assert calendar.working_days(date(2026, 2, 16), date(2026, 2, 20)) == 0
    assert calendar.working_days(date(2026, 9, 3), date(2026, 9, 4)) == 2


EPISODES: list[tuple[str, list[tuple[int, date]], list[str | None]]] = [
    ("behind, worse, clear", [(40, nov(7)), (40, nov(12)), (90, nov(13))], ["fell_behind", "worsened", "recovered"]),
    ("said once a day", [(40, nov(7)), (40, nov(7)), (40, nov(8))], ["fell_behind", None, None]),
    ("critical at once", [(0, nov(7)), (31, nov(7)), (29, nov(10))], ["fell_behind", None, None]),
    ("missed when near", [(86, nov(13)), (96, nov(14)), (96, nov(17))], [None, "fell_behind", None]),
    ("missed when behind", [(80, nov(13)), (88, nov(14)), (100, nov(18))], ["fell_behind", "worsened", "recovered"]),
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
