"""Values and periods as people write them in spreadsheets. What can be read in two ways is refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from services.calendar import add_months
from services.errors import Invalid
from services.vocabulary import SHARES, Measure

_PLAIN: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_GROUPED: Final = re.compile(r"[1-9][0-9]{0,2}(?P<group>[., ])[0-9]{3}(?:(?P=group)[0-9]{3})*(?:[.,][0-9]+)?")
_BLANKS: Final = re.compile(r"\s+")
"""Those that do not break a line among them, by which spreadsheets group digits."""
_DAY: Final = timedelta(days=1)


def value_of(text: str, measure: Measure) -> float:
    """The value that a cell says: whole persons such as `1200` or `1.234.567`, for coverage `0.9515`, `0,9515` or
    `95,15 %`. Raises Invalid where it is no number, or one of two, such as `1.500` persons."""
    digits = _BLANKS.sub(" ", text.strip()).removesuffix("%").strip()
    is_percent = digits != _BLANKS.sub(" ", text.strip())
    if is_percent and measure not in SHARES:
        raise Invalid.field("/value", f"{measure} is measured in persons, not in percent: write a number such as 120")
    found = {number / 100 if is_percent else number for number in _readings(digits)}
    if measure in SHARES and len(found) > 1:
        found = {number for number in found if number <= 1}
    return _single(text, found, measure, is_percent=is_percent)


@lru_cache(maxsize=256)
def period_of(text: str) -> tuple[date, date]:
    """The first and the last day of a year `2026`, quarter `2026-Q1`, month `2026-03` or week `2026-W10` (ISO 8601).
    Raises Invalid where it is none of these."""
    for form, days in _PERIODS.items():
        if found := re.fullmatch(form, text.strip().upper()):
            try:
                return days([int(part) for part in found.groups()])
            except ValueError:
                break
    detail = "a year 2026, a quarter 2026-Q1, a month 2026-03 or a week 2026-W10 is expected; give other days by"
    raise Invalid.field("/period", f"{detail} starts_on and ends_on (in a spreadsheet format the column as text)")


def _readings(digits: str) -> set[Decimal]:
    """The numbers that it may mean: a sign before the last digits divides whole ones from decimals, or thousands."""
    found = set[Decimal]()
    if _PLAIN.fullmatch(digits):
        found.add(Decimal(digits.replace(",", ".")))
    if grouped := _GROUPED.fullmatch(digits):
        found.add(Decimal(digits.replace(grouped["group"], "").replace(",", ".")))
    return found


def _single(text: str, found: set[Decimal], measure: Measure, *, is_percent: bool) -> float:
    if not found:
        raise Invalid.field("/value", "a number is expected, such as 120, for coverage such as 0.9515 or 95.15%")
    if len(found) > 1:
        either = " or ".join(f"{number:f}" for number in sorted(found, reverse=True))
        raise Invalid.field("/value", f"{text.strip()} may be {either}: write it without a sign between thousands")
    [number] = found
    if measure in SHARES and is_percent and number > 1:
        raise Invalid.field("/value", f"{text.strip()} is more than the whole population: at most 100% is expected")
    if measure in SHARES and 1 < number <= 100:
        detail = f"{measure} is a share: write {number:f}% for percent, or {(number / 100).normalize():f}"
        raise Invalid.field("/value", detail)
    return float(number)


def _months(year: int, month: int, months: int) -> tuple[date, date]:
    first = date(year, month, 1)
    return first, add_months(first, months) - _DAY


def _week(year: int, week: int) -> tuple[date, date]:
    return date.fromisocalendar(year, week, 1), date.fromisocalendar(year, week, 7)


_PERIODS: Final[Mapping[str, Callable[[Sequence[int]], tuple[date, date]]]] = {
    r"([0-9]{4})": lambda parts: _months(parts[0], 1, 12),
    r"([0-9]{4})-?Q([1-4])": lambda parts: _months(parts[0], parts[1] * 3 - 2, 3),
    r"([0-9]{4})-([0-9]{2})": lambda parts: _months(parts[0], parts[1], 1),
    r"([0-9]{4})-?W([0-9]{2})": lambda parts: _week(parts[0], parts[1]),
}
