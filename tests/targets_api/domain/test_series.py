"""Points of a series, and the same days of another period."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets_api.domain.series import By, Days, Other, points_of, same_days

DAY = timedelta(days=1)
DATES = st.dates(date(1999, 1, 1), date(2032, 12, 31))
PERIODS = st.builds(lambda start, n: Days(start, start + timedelta(days=n)), DATES, st.integers(0, 800))


@given(days=PERIODS, by=st.sampled_from(["day", "week", "month"]))
def test_points_have_every_day_of_the_period_once_in_order(days: Days, by: By) -> None:
    points = list(points_of(days, by))
    assert (points[0].starts_on, points[-1].ends_on) == days
    assert all(one.ends_on + DAY == other.starts_on for one, other in pairwise(points))
    assert all(point.starts_on <= point.ends_on for point in points)


@given(days=PERIODS)
def test_weeks_begin_on_monday_and_months_on_the_first_but_for_what_is_cut_short(days: Days) -> None:
    weeks, months = list(points_of(days, "week")), list(points_of(days, "month"))
    assert all(week.starts_on.weekday() == 0 and week.ends_on - week.starts_on <= 6 * DAY for week in weeks[1:])
    assert all(week.ends_on.weekday() == 6 for week in weeks[:-1])
    assert all(month.starts_on.day == 1 for month in months[1:])
    assert all((month.ends_on + DAY).day == 1 for month in months[:-1])
    assert {point.starts_on for point in points_of(days, "day")} == {point.ends_on for point in points_of(days, "day")}


@pytest.mark.parametrize(
    ("days", "other", "expected"),
    [
        (("2025-01-01", "2025-10-25"), "previous_year", ("2024-01-01", "2024-10-25")),
        (("2024-02-01", "2024-02-29"), "previous_year", ("2023-02-01", "2023-02-28")),
        (("2024-02-29", "2024-02-29"), "previous_year", ("2023-02-28", "2023-02-28")),
        (("2025-02-01", "2025-02-28"), "previous_year", ("2024-02-01", "2024-02-28")),
        (("2024-03-01", "2024-03-31"), "previous_year", ("2023-03-01", "2023-03-31")),
        (("2025-10-25", "2025-10-25"), "previous_period", ("2025-10-24", "2025-10-24")),
        (("2025-10-06", "2025-10-12"), "previous_period", ("2025-09-29", "2025-10-05")),
        (("2024-03-01", "2024-03-29"), "previous_period", ("2024-02-01", "2024-02-29")),
    ],
)
def test_the_same_days_of_another_period(days: tuple[str, str], other: Other, expected: tuple[str, str]) -> None:
    found = same_days(Days(*map(date.fromisoformat, days)), other)
    assert tuple(day.isoformat() for day in found) == expected


@given(days=PERIODS)
def test_the_period_before_has_as_many_days_and_ends_on_the_eve(days: Days) -> None:
    before = same_days(days, "previous_period")
    assert before.ends_on + DAY == days.starts_on
    assert before.ends_on - before.starts_on == days.ends_on - days.starts_on
