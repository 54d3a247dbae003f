"""When digests are due, and what each covers: worked examples over holidays and years, and what holds of all."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.digest import LONGEST, Every, Schedule, check_digest, due_after, due_until, period_of
from notifications.domain.hours import WEEKDAYS, Weekday
from services.calendar import WorkingCalendar
from services.clock import BUSINESS_ZONE
from services.errors import Invalid
from services.holidays import calendar_of

CALENDAR = calendar_of([date(2024, 1, 1), date(2028, 12, 31)])
DAILY = Schedule("day", time(7, 30))
WEEKLY = Schedule("week", time(7, 30))
DAY = timedelta(days=1)


def at(year: int, month: int, day: int, hour: int = 7, minute: int = 30) -> datetime:
    """In Vietnam."""
    return datetime(year, month, day, hour, minute, tzinfo=BUSINESS_ZONE)


PUT = at(2025, 1, 1)


def shown(then: datetime) -> str:
    """Such as `Fri 25.04 07:30`."""
    return then.strftime("%a %d.%m %H:%M")


def days_of(schedule: Schedule, since: datetime, n: int) -> list[str]:
    """When the next ones come."""
    found = [since]
    for _ in range(n):
        found.append(due_after(schedule, found[-1], CALENDAR))
    return [shown(each)[:9] for each in found[1:]]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at(2025, 10, 22, 7, 29), "Wed 22.10 07:30"),
        (at(2025, 10, 22, 7, 30), "Thu 23.10 07:30"),
        (at(2025, 10, 22, 8, 0), "Thu 23.10 07:30"),
        (at(2025, 10, 24, 8, 0), "Mon 27.10 07:30"),
        (at(2025, 12, 31, 8, 0), "Fri 02.01 07:30"),
    ],
)
def test_one_that_is_put_comes_at_the_next_of_its_times(now: datetime, due: str) -> None:
    assert shown(due_after(DAILY, now, CALENDAR)) == due


def test_a_daily_one_comes_on_working_days_and_on_those_that_are_worked_for_others() -> None:
    # 30 April and 1 May are public holidays; 2 May is off, for which Saturday, 26 April, is worked
    assert days_of(DAILY, at(2025, 4, 24), 6) == [
        "Fri 25.04",
        "Sat 26.04",
        "Mon 28.04",
        "Tue 29.04",
        "Mon 05.05",
        "Tue 06.05",
    ]


def test_a_daily_one_of_chosen_days_passes_over_holidays_unless_it_is_for_them_too() -> None:
    chosen = Schedule("day", time(7, 30), days=frozenset({"wed", "sun"}))
    assert days_of(chosen, at(2025, 4, 24), 3) == ["Sun 27.04", "Sun 04.05", "Wed 07.05"]
    always = Schedule("day", time(7, 30), days=frozenset({"wed", "sun"}), holidays=True)
    assert days_of(always, at(2025, 4, 24), 3) == ["Sun 27.04", "Wed 30.04", "Sun 04.05"]


def test_a_weekly_one_whose_day_is_a_holiday_comes_on_the_next_working_day() -> None:
    wednesdays = Schedule("week", time(7, 30), on="wed")
    assert days_of(wednesdays, at(2025, 4, 22), 3) == ["Wed 23.04", "Mon 05.05", "Wed 07.05"]
    even_then = Schedule("week", time(7, 30), on="wed", holidays=True)
    assert days_of(even_then, at(2025, 4, 22), 3) == ["Wed 23.04", "Wed 30.04", "Wed 07.05"]


def test_a_weekly_one_that_tet_puts_off_to_the_next_week_comes_once() -> None:
    assert days_of(WEEKLY, at(2025, 1, 20), 3) == ["Mon 03.02", "Mon 10.02", "Mon 17.02"]


def test_a_weekly_one_may_come_at_a_week_end() -> None:
    assert days_of(Schedule("week", time(7, 30), on="sat"), at(2025, 10, 20), 2) == ["Sat 25.10", "Sat 01.11"]


def test_one_covers_the_time_since_the_last_that_was_sent() -> None:
    period = period_of(DAILY, at(2025, 10, 27), at(2025, 10, 24), PUT, CALENDAR)
    assert [shown(each) for each in (period.since, period.until, period.next_at)] == [
        "Fri 24.10 07:30",
        "Mon 27.10 07:30",
        "Tue 28.10 07:30",
    ]


def test_the_first_that_is_sent_covers_the_time_since_one_would_have_come_before_it_was_put() -> None:
    put_at = at(2025, 10, 22, 8, 0)  # a Wednesday
    assert shown(period_of(WEEKLY, at(2025, 10, 27), None, put_at, CALENDAR).since) == "Mon 20.10 07:30"
    assert shown(period_of(DAILY, at(2025, 10, 23), None, put_at, CALENDAR).since) == "Wed 22.10 07:30"
    assert shown(period_of(DAILY, at(2025, 10, 27), None, put_at, CALENDAR).since) == "Wed 22.10 07:30"


def test_after_three_weeks_without_a_worker_there_is_one_for_all_of_them() -> None:
    now = at(2025, 10, 29, 15, 0)
    period = period_of(DAILY, now, at(2025, 10, 8), PUT, CALENDAR)
    assert (shown(period.due_at), period.since, period.until) == ("Wed 29.10 07:30", at(2025, 10, 8), now)
    assert shown(period.next_at) == "Thu 30.10 07:30"


def test_none_covers_more_than_a_year() -> None:
    now = at(2025, 10, 29)
    assert period_of(DAILY, now, at(2024, 5, 29), PUT, CALENDAR).since == now - LONGEST


def test_a_clock_that_was_set_back_makes_no_time_of_less_than_nothing() -> None:
    period = period_of(DAILY, at(2025, 10, 29), at(2025, 11, 29), PUT, CALENDAR)
    assert shown(period.since) == "Tue 28.10 07:30"


def test_a_daily_one_has_no_weekday_and_a_weekly_one_no_days() -> None:
    check_digest("day", None, ["mon"])
    check_digest("week", "fri", None)
    with pytest.raises(Invalid) as refused:
        check_digest("day", "mon", None)
    assert [error.pointer for error in refused.value.errors] == ["/on"]
    with pytest.raises(Invalid) as refused:
        check_digest("week", None, ["mon"])
    assert [error.pointer for error in refused.value.errors] == ["/days"]


SCHEDULES = st.builds(
    Schedule,
    every=st.sampled_from(get_args(Every)),
    at=st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    on=st.sampled_from(get_args(Weekday)),
    days=st.none() | st.frozensets(st.sampled_from(get_args(Weekday)), min_size=1),
    holidays=st.booleans(),
)
NOWS = st.integers(0, 1_500_000).map(lambda minutes: at(2025, 1, 1) + timedelta(minutes=minutes))


@given(SCHEDULES, NOWS)
def test_between_the_last_and_the_next_none_is_due(schedule: Schedule, now: datetime) -> None:
    last, following = due_until(schedule, now, CALENDAR), due_after(schedule, now, CALENDAR)
    assert last <= now < following
    assert due_until(schedule, following - timedelta.resolution, CALENDAR) == last
    assert due_after(schedule, last, CALENDAR) == following


@given(SCHEDULES, NOWS)
def test_whoever_looks_at_each_of_them_covers_all_time_once(schedule: Schedule, now: datetime) -> None:
    told, until = None, now
    for _ in range(5):
        period = period_of(schedule, due_after(schedule, until, CALENDAR), told, now, CALENDAR)
        assert period.since < period.until == period.due_at < period.next_at
        assert told is None or period.since == max(told, period.until - LONGEST)
        told = until = period.until


@given(NOWS, st.sampled_from(WEEKDAYS))
def test_without_holidays_a_weekly_one_comes_each_week_on_its_day(now: datetime, on: Weekday) -> None:
    schedule, quiet = Schedule("week", time(7, 30), on=on), WorkingCalendar(frozenset())
    first = due_after(schedule, now, quiet)
    assert WEEKDAYS[first.weekday()] == on
    assert due_after(schedule, first, quiet) - first == 7 * DAY
