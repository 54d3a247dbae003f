"""The only place that asks the system for the time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Business days are those of Vietnam (UTC+7, no summer time)."""


def on_day(now: datetime, day: date) -> datetime:
    """The same time of that day, in the business zone."""
    return now + (day - now.astimezone(BUSINESS_ZONE).date())


def told_later(clock: Clock) -> timedelta:
    """What is added to a real instant where people are told of it; zero unless the date is pinned, and always whole
    days."""
    now = clock.now()
    return on_day(now, clock.day_of(now)) - now


def beginning_of(day: date) -> datetime:
    """The first instant of a business day, in UTC, as all times are told."""
    return datetime.combine(day, time(), BUSINESS_ZONE).astimezone(UTC)


class Clock(Protocol):
    """Where a use-case gets its time from."""

    def now(self) -> datetime:
        """This instant, in UTC."""
        ...

    def today(self) -> date:
        """The business day."""
        ...

    def day_of(self, now: datetime) -> date:
        """The business day at an instant that `now` gave."""
        ...


class SystemClock:
    """The real time; `today` may be pinned to a business date (DRIVE_TODAY)."""

    def __init__(self, today: date | None = None) -> None:
        self._today = today

    def now(self) -> datetime:
        """This instant, in UTC: the real one, also where the date is pinned."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The pinned business date, else the day it is in Vietnam."""
        return self.day_of(self.now())

    def day_of(self, now: datetime) -> date:
        """The pinned business date, else the day it is in Vietnam then."""
        return self._today or now.astimezone(BUSINESS_ZONE).date()

    def pin(self, today: date) -> None:
        """Let the business date be `today` from now on: how the demo and the tests let days pass."""
        self._today = today
