"""The only place that asks the system for the time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Business days are those of Vietnam (UTC+7, no summer time)."""


class Clock(Protocol):
    """Where a use-case gets its time from."""

    def now(self) -> datetime:
        """This instant, in UTC."""
        ...

    def today(self) -> date:
        """The business day."""
        ...


class SystemClock:
    """The real time; `today` may be pinned to a business date (DRIVE_TODAY)."""

    def __init__(self, today: date | None = None) -> None:
        self._today = today

    def now(self) -> datetime:
        """This instant, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The pinned business date, else the day it is in Vietnam."""
        return self._today or datetime.now(BUSINESS_ZONE).date()

    def pin(self, today: date) -> None:
        """Let the business date be `today` from now on: how the demo and the tests let days pass."""
        self._today = today
