"""A clock that only moves when the test sets it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from services.clock import BUSINESS_ZONE


class SettableClock:
    """A `services.clock.Clock` whose time is set by the test."""

    def __init__(self, now: datetime = datetime(2025, 10, 25, 2, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._today: date | None = None

    def now(self) -> datetime:
        """The instant that was set."""
        return self._now

    def today(self) -> date:
        """The pinned business day, else that of the instant that was set."""
        return self.day_of(self._now)

    def day_of(self, now: datetime) -> date:
        """The pinned business day, else that of the instant."""
        return self._today or now.astimezone(BUSINESS_ZONE).date()

    def pin(self, today: date) -> None:
        """Let it be this business day, as with DRIVE_TODAY; the instant stays."""
        self._today = today

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by
