"""The days of a curve, and what held on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.vocabulary import Scope
from targets_api.domain.curve import Revised, days_of_curve, reached_by, value_on
from targets_api.domain.target import Target

START = date(2025, 10, 1)
TARGET = Target(UUID(int=1), Scope("15142"), "household_health", "new", 100, START, date(2025, 12, 31))
days = st.integers(0, 60).map(lambda n: START + timedelta(days=n))


@given(st.integers(1, 5000), st.integers(2, 400), st.integers(-10, 5010))
def test_a_curve_has_its_last_day_and_today_and_no_more_points_than_it_may(length: int, most: int, now: int) -> None:
    target = replace(TARGET, ends_on=START + timedelta(days=length - 1))
    today = START + timedelta(days=now)
    found = days_of_curve(target, most, today)
    assert 0 < len(found) <= most
    assert (found == sorted(set(found)), found[-1]) == (True, target.ends_on)
    assert (today in found) == (START <= today <= target.ends_on)
    assert (found[0] - START).days <= length // (most - 1)
    if length <= most:
        assert [(day - START).days for day in found] == list(range(length))


def test_a_curve_ends_before_the_day_of_the_withdrawal() -> None:
    assert days_of_curve(replace(TARGET, withdrawn_on=date(2025, 10, 3)), 400, START) == [START, date(2025, 10, 2)]
    assert days_of_curve(replace(TARGET, withdrawn_on=START), 400, START) == []
    assert days_of_curve(replace(TARGET, withdrawn_on=date(2026, 2, 1)), 400, START)[-1] == TARGET.ends_on


@given(st.dictionaries(days, st.integers(-2, 5)), st.lists(days, unique=True).map(sorted))
def test_what_is_reached_is_the_sum_of_the_days_up_to_that_one(signed_up: dict[date, int], wanted: list[date]) -> None:
    expected = {day: sum(n for signed_on, n in signed_up.items() if signed_on <= day) for day in wanted}
    assert reached_by(wanted, signed_up) == expected


def test_a_value_is_that_of_the_newest_revision_that_held_on_the_day() -> None:
    revisions = [Revised(2, 80, 90, date(2025, 10, 10)), Revised(3, 90, 100, date(2025, 10, 5))]
    today = date(2025, 10, 20)

    def told(day: int) -> float:
        return value_on(TARGET, revisions, date(2025, 10, day), today)

    assert [told(4), told(5), told(12), told(20), told(25)] == [80, 100, 100, 100, 100]
    assert value_on(TARGET, [], START, today) == 100
