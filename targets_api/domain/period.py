"""The days of a target's period: which of them count, and how many are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.calendar import WorkingCalendar

FEWEST_WORKING_DAYS: Final = 10
"""A period with fewer is too short for the calendar: launch days and week-ends decide it, so every day counts."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Days of a period that are over, and days left, the running one included; `name` says which days count."""

    over: int
    left: int
    name: str

    @property
    def share(self) -> float:
        """Of the days that count, those that are over."""
        return self.over / (self.over + self.left)


def last_day_over(on: date, today: date) -> date:
    """The last day whose sign-ups are complete when progress is as of `on`: a running day is not over."""
    return min(on, today - _DAY)


def elapsed(first: date, last: date, over_until: date, calendar: WorkingCalendar) -> Elapsed:
    """The days from `first` to `last`, both included, of which those up to `over_until` are over.

    Working days count, and the last day whatever it is, since what is done on it counts; in a period with fewer than
    FEWEST_WORKING_DAYS every day counts.
    """
    over_until = min(over_until, last)
    if calendar.working_days(first, last) < FEWEST_WORKING_DAYS:
        over = max(0, (over_until - first + _DAY).days)
        return Elapsed(over, (last - first + _DAY).days - over, "days")
    over = calendar.working_days(first, min(over_until, last - _DAY))
    left = calendar.working_days(max(first, over_until + _DAY), last - _DAY)
    is_over = int(over_until == last)
    return Elapsed(over + is_over, left + 1 - is_over, "working days")
