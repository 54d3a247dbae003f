"""A clock that only moves when the test sets it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from services.clock import BUSINESS_ZONE


class SettableClock:
    """A `services.clock.Clock` whose time is set by the test."""

    def __init__(self, now: datetime = datetime(2025, 10, 25, 2, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        """The instant that was set."""
        return self._now

    def today(self) -> date:
        """The business day of that instant."""
        return self.day_of(self._now)

    def day_of(self, now: datetime) -> date:
        """The business day of an instant."""
        return now.astimezone(BUSINESS_ZONE).date()

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by
