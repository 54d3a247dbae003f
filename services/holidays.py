"""Vietnam's public holidays (Labour Code 2019, Art 112), and days worked for them, from the `holidays` library."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import holidays

from services.calendar import WorkingCalendar


def calendar_of(days: Iterable[date]) -> WorkingCalendar:
    """The working calendar of every year from the first of the days to the last."""
    years = {day.year for day in days}
    return _calendar(min(years), max(years)) if years else WorkingCalendar(frozenset())


@lru_cache(maxsize=256)
def _calendar(first: int, last: int) -> WorkingCalendar:
    # A day off in lieu, or worked for one, may be in the year before or after.
    found = holidays.country_holidays("VN", years=range(first - 1, last + 2))
    return WorkingCalendar(frozenset(found), frozenset(found.weekend_workdays))
