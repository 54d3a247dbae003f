"""When a route with hours is notified."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.hours import WEEKDAYS, Hours, next_opening, waits_until
from services.calendar import WorkingCalendar

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = date(2026, 3, 2)
CALENDAR = WorkingCalendar(frozenset({date(2026, 3, 4), date(2026, 3, 7)}), frozenset({date(2026, 3, 8)}))
"""Wednesday is a holiday, and so is Saturday; Sunday is worked in exchange."""
OFFICE = Hours(time(7, 30), time(17))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in the week of that Monday; day 0 is the Monday."""
    return datetime.combine(MONDAY + timedelta(days=day), time(hour, minute), VIETNAM)


@pytest.mark.parametrize(
    ("hours", "due", "opens"),
    [
        (OFFICE, at(0, 7, 29), at(0, 7, 30)),
        (OFFICE, at(0, 7, 30), at(0, 7, 30)),
        (OFFICE, at(0, 16, 59), at(0, 16, 59)),
        (OFFICE, at(0, 17), at(1, 7, 30)),
        (OFFICE, at(1, 20), at(3, 7, 30)),
        (OFFICE, at(4, 18), at(6, 7, 30)),
        (Hours(time(7, 30), time(17), holidays=True), at(1, 20), at(2, 7, 30)),
        (Hours(time(7, 30), None), at(0, 23, 59), at(0, 23, 59)),
        (Hours(time(8), time(9), days=frozenset({"mon"})), at(0, 9), at(7, 8)),
        (Hours(time(8), time(9), days=frozenset({"wed", "fri"})), at(0, 9), at(4, 8)),
        (Hours(time(8), time(9), days=frozenset({"sun"})), at(0, 9), at(6, 8)),
        (Hours(time(8), time(9), days=frozenset({"sat"}), holidays=True), at(0, 9), at(5, 8)),
    ],
)
def test_what_is_due_waits_for_the_next_opening(hours: Hours, due: datetime, opens: datetime) -> None:
    assert next_opening(hours, due, CALENDAR) == opens


def test_critical_alerts_wait_unless_the_hours_are_not_for_them() -> None:
    night = at(0, 22)
    always = Hours(time(7, 30), time(17), critical="always")
    assert waits_until(OFFICE, "critical", night, CALENDAR) == at(1, 7, 30)
    assert waits_until(always, "critical", night, CALENDAR) == night
    assert waits_until(always, "warning", night, CALENDAR) == at(1, 7, 30)
    assert waits_until(None, "warning", night, CALENDAR) == night


MINUTES = st.integers(0, 24 * 60 - 1)
DAYS = st.none() | st.frozensets(st.sampled_from(WEEKDAYS), min_size=1)
NEAR = st.integers(-3, 40).map(lambda offset: MONDAY + timedelta(days=offset))
CALENDARS = st.builds(WorkingCalendar, st.frozensets(NEAR, max_size=25), st.frozensets(NEAR, max_size=5))


@st.composite
def any_hours(draw: st.DrawFn) -> Hours:
    """Hours of any length, on any days."""
    begins, length = draw(MINUTES), draw(st.integers(1, 24 * 60))
    ends = begins + length
    return Hours(
        _time(begins), None if ends >= 24 * 60 else _time(ends), draw(DAYS), draw(st.booleans()), critical="hours"
    )


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


@given(any_hours(), CALENDARS, st.integers(0, 7 * 24 * 60))
def test_an_opening_is_the_first_instant_within_the_hours_that_is_not_before_what_is_due(
    hours: Hours, calendar: WorkingCalendar, minute: int
) -> None:
    due = at(0, 0) + timedelta(minutes=minute)
    opening = next_opening(hours, due, calendar)
    assert opening >= due
    assert hours.hold(opening, calendar)
    waited = range(0, int((opening - due).total_seconds()) // 60, 7)
    assert not any(hours.hold(due + timedelta(minutes=m), calendar) for m in waited)
    assert opening == due or not hours.hold(opening - timedelta(minutes=1), calendar)


@given(any_hours(), CALENDARS, NEAR)
def test_no_route_is_notified_on_a_holiday_that_it_does_not_take(
    hours: Hours, calendar: WorkingCalendar, day: date
) -> None:
    assert hours.are_on(day, calendar) is False or hours.holidays or day not in calendar.holidays
