"""By when something is due: whole working days in Vietnam."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from notifications.alerts.due import acknowledged_until, end_of, report_due_at
from notifications.domain.terms import LONGEST_REPORT_DAYS, Terms


def terms(hours: float = 24, days: int = 3) -> Terms:
    return Terms(timedelta(), timedelta(hours=hours), days)


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2025, 10, 27), date(2025, 10, 30)),  # Monday
        (date(2025, 10, 31), date(2025, 11, 5)),  # Friday
        (date(2025, 11, 1), date(2025, 11, 5)),  # Saturday
        (date(2026, 4, 29), date(2026, 5, 6)),  # over two holidays and a week-end
    ],
)
def test_a_report_is_due_at_the_end_of_the_third_working_day_after_the_alert(today: date, last: date) -> None:
    assert report_due_at(today, terms()) == end_of(last)


def test_a_business_day_ends_at_midnight_in_vietnam() -> None:
    assert end_of(date(2025, 10, 30)) == datetime(2025, 10, 30, 17, tzinfo=UTC)


def test_the_longest_term_is_within_the_calendar_that_is_asked() -> None:
    due = report_due_at(date(2026, 1, 1), terms(days=LONGEST_REPORT_DAYS))
    assert due < end_of(date(2026, 1, 1)) + timedelta(days=LONGEST_REPORT_DAYS * 7 / 5 + 30)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (datetime(2025, 10, 27, 3, tzinfo=UTC), datetime(2025, 10, 28, 3, tzinfo=UTC)),
        (datetime(2025, 10, 31, 3, tzinfo=UTC), datetime(2025, 11, 3, 3, tzinfo=UTC)),  # Friday: Monday
        (datetime(2025, 10, 30, 18, tzinfo=UTC), datetime(2025, 11, 2, 18, tzinfo=UTC)),  # Friday, 1:00 in Vietnam
    ],
)
def test_an_acknowledgement_does_not_end_on_a_day_off(at: datetime, until: datetime) -> None:
    assert acknowledged_until(at, terms()) == until
