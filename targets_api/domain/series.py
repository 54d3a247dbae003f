"""The days of a period, cut into points of a series; and the same days of another period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

By: TypeAlias = Literal["day", "week", "month"]
Other: TypeAlias = Literal["previous_year", "previous_period"]
_DAY: Final = timedelta(days=1)


class Days(NamedTuple):
    """From one day to another, both included."""

    starts_on: date
    ends_on: date


def points_of(days: Days, by: By) -> Iterator[Days]:
    """Days, weeks from Monday to Sunday, or months, of which the first and the last may be cut short."""
    starts_on = days.starts_on
    while starts_on <= days.ends_on:
        ends_on = min(_last_of(starts_on, by), days.ends_on)
        yield Days(starts_on, ends_on)
        starts_on = ends_on + _DAY


def _last_of(day: date, by: By) -> date:
    if by == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - _DAY
    return day + timedelta(days=6 - day.weekday()) if by == "week" else day


def same_days(days: Days, other: Other) -> Days:
    """The same dates of the year before, of the 29 February the 28; or as many days, up to the eve of these."""
    if other == "previous_period":
        return Days(days.starts_on - (days.ends_on - days.starts_on) - _DAY, days.starts_on - _DAY)
    return Days(_year_before(days.starts_on), _year_before(days.ends_on))


def _year_before(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


class Span(NamedTuple):
    """Days or months from one day on to before another."""

    span: Literal["day", "month"]
    since: date
    before: date


def spans_of(days: Days) -> tuple[Span, Span, Span]:
    """The whole months of a period, the days before them, and the days after them; each of them may be empty."""
    after = days.ends_on + _DAY
    first_month = _last_of(days.starts_on - _DAY, "month") + _DAY
    after_months = after.replace(day=1)
    return (
        Span("month", first_month, after_months),
        Span("day", days.starts_on, min(first_month, after)),
        Span("day", max(after_months, first_month), after),
    )
