"""The hours in which a route is notified. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from services.calendar import WorkingCalendar
from services.vocabulary import Severity

Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of `date.weekday()`."""
OfCritical: TypeAlias = Literal["always", "hours"]
"""When a route is notified of critical alerts: at any time, or in its hours, too."""


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begins` (included) to `ends` (excluded, None: the end of the day), on these weekdays. `days` None: on
    working days, with those of a week-end that are worked in exchange for another day. `holidays`: on public holidays,
    too."""

    begins: time
    ends: time | None
    days: frozenset[Weekday] | None = None
    holidays: bool = False
    critical: OfCritical = "hours"

    def are_on(self, day: date, calendar: WorkingCalendar) -> bool:
        """Whether the route is notified on this day at all."""
        return is_among(day, self.days, calendar, holidays=self.holidays)

    def hold(self, at: datetime, calendar: WorkingCalendar) -> bool:
        """Whether `at`, in local time, is within these hours."""
        after = self.ends is None or at.time() < self.ends
        return self.are_on(at.date(), calendar) and self.begins <= at.time() and after


def is_among(day: date, days: frozenset[Weekday] | None, calendar: WorkingCalendar, *, holidays: bool) -> bool:
    """Whether it is one of these weekdays, or, without them, a working day; a public holiday only with `holidays`."""
    if day in calendar.holidays and not holidays:
        return False
    if days is None:
        return day.weekday() < 5 or calendar.is_working(day)
    return WEEKDAYS[day.weekday()] in days


def next_opening(hours: Hours, at: datetime, calendar: WorkingCalendar) -> datetime:
    """The first instant within the hours that is not before `at`, which is in local time; so is the answer. `calendar`
    knows the year of `at` and the next one."""
    if hours.hold(at, calendar):
        return at
    return next(opening for opening in _openings(hours, at, calendar) if opening >= at)


def waits_until(hours: Hours | None, severity: Severity, at: datetime, calendar: WorkingCalendar) -> datetime:
    """When a route with these hours may be notified of an alert of this severity that is due at `at`, in local time."""
    if hours is None or (severity == "critical" and hours.critical == "always"):
        return at
    return next_opening(hours, at, calendar)


def _openings(hours: Hours, at: datetime, calendar: WorkingCalendar) -> Iterator[datetime]:
    """A calendar ends: after its last holiday every week has its days."""
    day = at.date()
    while True:
        if hours.are_on(day, calendar):
            yield datetime.combine(day, hours.begins, at.tzinfo)
        day += timedelta(days=1)
