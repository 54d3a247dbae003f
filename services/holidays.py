"""Vietnam's public holidays (Labour Code 2019, Art 112), and days worked for them, from the `holidays` library."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import holidays
from holidays import HolidayBase

from services.calendar import WorkingCalendar


def calendar_of(days: Iterable[date]) -> WorkingCalendar:
    """The working calendar of every year from the first of the days to the last."""
    years = {day.year for day in days}
    return _calendar(min(years), max(years)) if years else WorkingCalendar(frozenset())


def holiday_names(days: Iterable[date]) -> dict[date, str]:
    """The holidays of every year from the first of the days to the last, with their names in Vietnamese."""
    years = {day.year for day in days}
    return dict(_holidays(min(years), max(years)).items()) if years else {}


@lru_cache(maxsize=256)
def _calendar(first: int, last: int) -> WorkingCalendar:
    found = _holidays(first, last)
    return WorkingCalendar(frozenset(found), frozenset(found.weekend_workdays))


def _holidays(first: int, last: int) -> HolidayBase:
    # A day off in lieu, or worked for one, may be in the year before or after.
    return holidays.country_holidays("VN", years=range(first - 1, last + 2), language="vi")
