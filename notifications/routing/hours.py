"""The hours of a route as they are stored, and when it may be notified."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from notifications.domain.hours import Hours, waits_until
from services.clock import BUSINESS_ZONE
from services.holidays import calendar_of
from services.vocabulary import Severity

END_OF_DAY: Final = "24:00"


def hours_of(stored: Mapping[str, Any] | None) -> Hours | None:
    """The hours of a row; None where it is notified at any time."""
    if stored is None:
        return None
    days, ends = stored["days"], stored["to"]
    return Hours(
        begins=time.fromisoformat(stored["from"]),
        ends=None if ends == END_OF_DAY else time.fromisoformat(ends),
        days=None if days is None else frozenset(days),
        holidays=stored["holidays"],
        critical=stored["critical"],
    )


def opening_of(hours: Hours | None, severity: Severity, at: datetime, told_later: timedelta = timedelta()) -> datetime:
    """When a route with these hours may be notified of an alert of this severity that is due at `at`: not before.

    Where `at` is real, `told_later` makes it that of the business day, whose week and holidays decide."""
    if hours is None:
        return at
    local = (at + told_later).astimezone(BUSINESS_ZONE)
    calendar = calendar_of([local.date(), local.date() + timedelta(days=366)])
    return waits_until(hours, severity, local, calendar).astimezone(at.tzinfo) - told_later
