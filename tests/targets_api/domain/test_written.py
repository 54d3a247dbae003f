"""Values and periods as spreadsheets have them: what can be read in one way alone is taken."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import Invalid
from services.vocabulary import Measure
from targets_api.domain.written import period_of, value_of

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "measure", "value"),
    [
        ("0.9515", "coverage", 0.9515),
        ("0,9515", "coverage", 0.9515),
        ("95.15%", "coverage", 0.9515),
        ("95,15 %", "coverage", 0.9515),
        ("95,15\u00a0%", "coverage", 0.9515),
        (" 100% ", "coverage", 1),
        ("1", "coverage", 1),
        ("0.951", "coverage", 0.951),
        ("0,951", "coverage", 0.951),
        ("1.000", "coverage", 1),
        ("95.150%", "coverage", 0.9515),
        ("0.7379855414466045", "coverage", 0.7379855414466045),
        ("120", "new", 120),
        ("1200", "in_force", 1200),
        ("1.234.567", "new", 1_234_567),
        ("1,234,567", "new", 1_234_567),
        ("1 500", "new", 1500),
        ("1\u202f500", "new", 1500),
        ("1.500,0", "new", 1500),
        ("1,500.0", "new", 1500),
        ("150.0", "renewal", 150),
        ("0", "new", 0),
    ],
)
def test_what_can_be_read_in_one_way_is_taken(text: str, measure: Measure, value: float) -> None:
    assert value_of(text, measure) == value


@pytest.mark.parametrize(
    ("text", "measure", "remedy"),
    [
        ("120%", "coverage", "120% is more than the whole population"),
        ("95.15", "coverage", "write 95.15% for percent, or 0.9515"),
        ("95,15", "coverage", "write 95.15% for percent, or 0.9515"),
        ("95", "coverage", "write 95% for percent, or 0.95"),
        ("1.500", "new", "may be 1500 or 1.500"),
        ("12,000", "in_force", "may be 12000 or 12.000"),
        ("50%", "new", "in persons, not in percent"),
        ("", "new", "a number is expected"),
        ("%", "coverage", "a number is expected"),
        ("-5", "new", "a number is expected"),
        ("1e3", "new", "a number is expected"),
        ("nan", "coverage", "a number is expected"),
        ("=1+1", "new", "a number is expected"),
        ("12 00", "new", "a number is expected"),
        ("1.23.456", "new", "a number is expected"),
        ("०५", "new", "a number is expected"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_refused_with_a_remedy(
    text: str, measure: Measure, remedy: str
) -> None:
    with pytest.raises(Invalid, match=remedy) as caught:
        value_of(text, measure)
    assert [error.pointer for error in caught.value.errors] == ["/value"]


@given(st.integers(1, 10_000), st.sampled_from([".", ","]), st.sampled_from(["", " ", "\u00a0"]))
def test_a_share_of_four_decimals_is_the_same_as_number_and_as_percent(n: int, sign: str, blank: str) -> None:
    share = n / 10_000
    percent = f"{n / 100:.2f}".replace(".", sign)
    assert value_of(f"{n / 10_000:.4f}".replace(".", sign), "coverage") == share
    assert value_of(f"{percent}{blank}%", "coverage") == share


@given(st.integers(1, 10**10), st.sampled_from([".", ",", " ", "\u00a0"]))
def test_persons_with_a_sign_between_thousands_are_read_right_or_refused(n: int, sign: str) -> None:
    text = f"{n:,}".replace(",", sign)
    is_in_doubt = sign in ".," and 1_000 <= n < 1_000_000
    if is_in_doubt:
        with pytest.raises(Invalid):
            value_of(text, "new")
    else:
        assert value_of(text, "new") == n


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        (" 2026-w53 ", date(2026, 12, 28), date(2027, 1, 3)),
    ],
)
def test_a_period_is_a_year_a_quarter_a_month_or_a_week(text: str, first: date, last: date) -> None:
    assert period_of(text) == (first, last)


@pytest.mark.parametrize(
    "text", ["26", "2026-Q5", "2026-13", "2026-00", "2025-W53", "2026-03-01", "0000", "9999-W53", "Q1", "2026/03"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="a year 2026, a quarter 2026-Q1") as caught:
        period_of(text)
    assert [error.pointer for error in caught.value.errors] == ["/period"]


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_every_day_is_in_one_year_quarter_month_and_week(day: date) -> None:
    year, week, _ = day.isocalendar()
    quarter = f"{day.year}-Q{(day.month + 2) // 3}"
    for text in (f"{day:%Y}", quarter, f"{day:%Y-%m}", f"{year}-W{week:02}"):
        first, last = period_of(text)
        assert first <= day <= last
