"""Working days: Monday to Friday less public holidays, and days of a week-end that are worked for them."""

from __future__ import annotations

import calendar
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days count. `holidays` are days off, those on a week-end change nothing; `worked` are days of a week-end
    that are worked in exchange for one."""

    holidays: frozenset[date]
    worked: frozenset[date] = frozenset()

    @cached_property
    def _days_off(self) -> list[int]:
        return sorted(day.toordinal() for day in self.holidays if day.weekday() < 5)

    @cached_property
    def _worked(self) -> list[int]:
        return sorted(day.toordinal() for day in self.worked if day.weekday() >= 5)

    def is_working(self, day: date) -> bool:
        """Whether it is a working day."""
        return self.working_days(day, day) == 1

    def working_days(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both included; 0 where `last` is before `first`."""
        if last < first:
            return 0
        start, end = first.toordinal(), last.toordinal()
        weekdays = _weekdays_until(end) - _weekdays_until(start - 1)
        return weekdays - _within(self._days_off, start, end) + _within(self._worked, start, end)

    def nth_working_day(self, first: date, n: int) -> date:
        """The n-th working day from `first` on, which counts where it is one; n is at least 1."""
        day = first
        while self.working_days(first, day) < n:
            day += timedelta(days=1)
        return day


def _within(ordinals: list[int], start: int, end: int) -> int:
    return bisect_right(ordinals, end) - bisect_left(ordinals, start)


def _weekdays_until(ordinal: int) -> int:
    """Mondays to Fridays since 0001-01-01, which was a Monday and has the ordinal 1."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * 5 + min(rest, 5)


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or the last day of that month where it is shorter."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, calendar.monthrange(year, month0 + 1)[1]))
