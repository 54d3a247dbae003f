"""Vietnam's public holidays (Labour Code 2019, Art 112), from the `holidays` library."""

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
    return WorkingCalendar(frozenset().union(*(_holidays(year) for year in range(first, last + 1))))


@lru_cache(maxsize=256)
def _holidays(year: int) -> frozenset[date]:
    # A day off in lieu may be in the year after, so the year before is read as well.
    found = holidays.country_holidays("VN", years=(year - 1, year))
    return frozenset(day for day in found if day.year == year)
