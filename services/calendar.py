"""Working days: Monday to Friday less public holidays."""

from __future__ import annotations

import calendar
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from functools import cached_property


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days count. `holidays` are public holidays; those on a week-end change nothing."""

    holidays: frozenset[date]

    @cached_property
    def _days_off(self) -> list[int]:
        return sorted(day.toordinal() for day in self.holidays if day.weekday() < 5)

    def working_days(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both included; 0 where `last` is before `first`."""
        if last < first:
            return 0
        start, end = first.toordinal(), last.toordinal()
        days_off = bisect_right(self._days_off, end) - bisect_left(self._days_off, start)
        return _weekdays_until(end) - _weekdays_until(start - 1) - days_off


def _weekdays_until(ordinal: int) -> int:
    """Mondays to Fridays since 0001-01-01, which was a Monday and has the ordinal 1."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * 5 + min(rest, 5)


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or the last day of that month where it is shorter."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, calendar.monthrange(year, month0 + 1)[1]))
