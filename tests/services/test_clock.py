"""What happens carries the business day; what is waited for keeps the real time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.clock import BUSINESS_ZONE, SystemClock, on_day
from services.context import Context, context_of

NEW_YEARS_EVE_IN_VIETNAM = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
"""Half past midnight of 1 January there."""


@pytest.mark.parametrize("day", [date(2025, 10, 31), date(2024, 2, 29), date(2027, 1, 2)])
def test_an_instant_is_moved_to_the_same_time_of_another_business_day(day: date) -> None:
    moved = on_day(NEW_YEARS_EVE_IN_VIETNAM, day).astimezone(BUSINESS_ZONE)
    assert (moved.date(), moved.hour, moved.minute) == (day, 0, 30)


def test_without_a_pinned_day_an_instant_stays_what_it_is() -> None:
    clock = SystemClock()
    context = context_of(clock)
    assert context.at == context.now
    assert clock.day_of(NEW_YEARS_EVE_IN_VIETNAM) == date(2027, 1, 1)
    assert Context(date(2027, 1, 1), NEW_YEARS_EVE_IN_VIETNAM, "test").at == NEW_YEARS_EVE_IN_VIETNAM


def test_what_is_waited_for_is_real_where_the_day_is_pinned() -> None:
    context = context_of(SystemClock(date(2025, 10, 31)))
    assert abs(datetime.now(UTC) - context.now) < timedelta(minutes=1)
    assert context.at.astimezone(BUSINESS_ZONE).date() == context.today == date(2025, 10, 31)


def test_midnight_does_not_fall_between_day_and_instant() -> None:
    class Midnight(SystemClock):
        """Each time it is asked, it is a minute later, and midnight has passed."""

        asked = 0

        def now(self) -> datetime:
            self.asked += 1
            return datetime(2026, 11, 28, 16, 58, 30, tzinfo=UTC) + timedelta(minutes=self.asked)

    context = context_of(Midnight())
    assert context.at == context.now
