"""Digests: on which days one is due, and which time it covers. Pure.

Every time here is in the time zone of the business day: whoever asks gives it so, and gets it so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

from notifications.domain.hours import WEEKDAYS, Weekday, is_among
from services.calendar import WorkingCalendar
from services.errors import FieldError, Invalid, NotFound

Every: TypeAlias = Literal["day", "week"]
LONGEST: Final = timedelta(days=366)
"""What one digest covers at most, however long none was sent."""
LATE_ACKNOWLEDGEMENT: Final = timedelta(days=1)
"""An alert on which nobody acts for longer is overdue."""
_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
_WEEKS_BACK: Final = 3
"""A day that is put off by public holidays falls into one of these weeks."""


class NoSuchDigest(NotFound):
    """There is no digest of this name."""

    code = "no-such-digest"
    title = "There is no such digest"
    remedy = "Check the name: `GET /v1/digests` lists them."


@dataclass(frozen=True, slots=True)
class Schedule:
    """At `at` each day of `days`, or each working day without them; or each week on the weekday `on`, and where that is
    a public holiday, on the next working day. `holidays`: on public holidays as on other days."""

    every: Every
    at: time
    on: Weekday = "mon"
    days: frozenset[Weekday] | None = None
    holidays: bool = False

    def is_due_on(self, day: date, calendar: WorkingCalendar) -> bool:
        """Whether a digest is due on this day."""
        if self.every == "day":
            return is_among(day, self.days, calendar, holidays=self.holidays)
        latest = (day.weekday() - WEEKDAYS.index(self.on)) % _WEEK
        meant = (day - timedelta(days=latest + _WEEK * weeks) for weeks in range(_WEEKS_BACK))
        return any(self._put_off(each, calendar) == day for each in meant)

    def _put_off(self, meant: date, calendar: WorkingCalendar) -> date:
        if self.holidays or meant not in calendar.holidays:
            return meant
        return calendar.nth_working_day(meant, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """What one digest covers: from `since` (included) to `until` (excluded), which is when it is made. `due_at` is the
    time that it is for, of which there is one digest; `next_at` is when the next one comes."""

    due_at: datetime
    since: datetime
    until: datetime
    next_at: datetime


def due_after(schedule: Schedule, at: datetime, calendar: WorkingCalendar) -> datetime:
    """The first time after `at` that one is due. `calendar` knows the year of `at` and the next one."""
    return next(due for due in _due(schedule, at, calendar, _DAY) if due > at)


def due_until(schedule: Schedule, at: datetime, calendar: WorkingCalendar) -> datetime:
    """The last time up to `at` that one was due. `calendar` knows the year of `at` and the one before."""
    return next(due for due in _due(schedule, at, calendar, -_DAY) if due <= at)


def period_of(
    schedule: Schedule, at: datetime, told_until: datetime | None, put_at: datetime, calendar: WorkingCalendar
) -> Period:
    """What a digest covers that is made at `at`: what came about since the last one that was sent, which covered the
    time up to `told_until`; where none was, since one would have been due before the digest was first put."""
    due_at = due_until(schedule, at, calendar)
    since = told_until or due_until(schedule, put_at, calendar)
    if since >= at:  # by a clock that was set back since
        since = due_until(schedule, due_at - timedelta.resolution, calendar)
    return Period(due_at, max(since, at - LONGEST), at, due_after(schedule, at, calendar))


def check_digest(every: Every, on: Weekday | None, days: Collection[Weekday] | None) -> None:
    """Raises Invalid where a daily digest has the weekday of a weekly one, or a weekly one the days of a daily one."""
    wrong = (
        (every == "day" and on is not None, "/on", "leave it out, or give `every` as week: a daily digest has `days`"),
        (every == "week" and days is not None, "/days", "give one weekday as `on`, or `every` as day"),
    )
    if errors := tuple(FieldError(pointer, detail) for is_wrong, pointer, detail in wrong if is_wrong):
        raise Invalid(errors[0].detail, errors)


def _due(schedule: Schedule, at: datetime, calendar: WorkingCalendar, step: timedelta) -> Iterator[datetime]:
    day = at.date()
    while True:
        if schedule.is_due_on(day, calendar):
            yield datetime.combine(day, schedule.at, at.tzinfo)
        day += step
