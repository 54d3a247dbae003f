"""By when something is due: working days and the business zone, applied to the terms."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from notifications.domain.terms import Terms
from services.clock import BUSINESS_ZONE, beginning_of
from services.holidays import calendar_of

_FURTHEST: Final = timedelta(days=200)
"""Longer than the working days of any terms, with all holidays."""


def end_of(day: date) -> datetime:
    """The instant at which a business day is over."""
    return beginning_of(day + timedelta(days=1))


def end_of_week(day: date) -> datetime:
    """The instant at which the week of a business day is over, from Monday to Sunday."""
    return end_of(day + timedelta(days=6 - day.weekday()))


def report_due_at(today: date, terms: Terms) -> datetime:
    """When the report on an alert is due that is raised today: the end of a working day."""
    return end_of(terms.report_day(today, calendar_of([today, today + _FURTHEST])))


def acknowledged_until(at: datetime, terms: Terms) -> datetime:
    """When an acknowledgement ends; on a day off, at the same time of the next working day."""
    until = at + terms.acknowledgement
    day = until.astimezone(BUSINESS_ZONE).date()
    working = calendar_of([day, day + _FURTHEST]).nth_working_day(day, 1)
    return until + (working - day)
