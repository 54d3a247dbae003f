"""The schedule of a digest as it is stored, and what one covers: in the time of Vietnam, with its calendar."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final

from notifications.domain.digest import Period, Schedule, due_after, period_of
from notifications.tables.digests import DigestRow
from services.calendar import WorkingCalendar
from services.clock import BUSINESS_ZONE
from services.holidays import calendar_of

_AROUND: Final = timedelta(days=366)


def schedule_of(row: DigestRow) -> Schedule:
    """As the rules take it."""
    days = None if row.days is None else frozenset(row.days)
    return Schedule(row.every, time.fromisoformat(row.at), row.on_day, days, row.holidays)


def first_due(row: DigestRow, at: datetime) -> datetime:
    """When it is due after `at`, in UTC."""
    local = at.astimezone(BUSINESS_ZONE)
    return due_after(schedule_of(row), local, _calendar(local)).astimezone(UTC)


def period_at(row: DigestRow, at: datetime, told_until: datetime | None) -> Period:
    """What it covers where it is made at `at`; the last one that was sent covered the time up to `told_until`."""
    local, put_at = at.astimezone(BUSINESS_ZONE), row.created_at.astimezone(BUSINESS_ZONE)
    told = told_until and told_until.astimezone(BUSINESS_ZONE)
    return period_of(schedule_of(row), local, told, put_at, _calendar(local))


def _calendar(local: datetime) -> WorkingCalendar:
    return calendar_of([local.date() - _AROUND, local.date() + _AROUND])
