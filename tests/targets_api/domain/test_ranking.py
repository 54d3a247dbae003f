"""Ranks, ties, movement and pages of a ranking."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.vocabulary import Measure, Scope
from targets_api.domain.main_target import main_target
from targets_api.domain.ranking import Place, page_of, ranks, standings
from targets_api.domain.target import Target

codes = st.text("ABC0.-_", min_size=1, max_size=3)
numbers = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([0.001, 0.5, 0.9515, 1.25]))
values = st.dictionaries(codes, numbers, max_size=12)


@given(values)
def test_a_rank_is_one_more_than_how_many_have_a_higher_value(now: dict[str, float | None]) -> None:
    found = ranks(now)
    assert found.keys() == {code for code, value in now.items() if value is not None}
    for code, rank in found.items():
        own = now[code]
        assert rank == 1 + sum(value > own for value in now.values() if value is not None and own is not None)


def test_equal_values_share_a_rank_and_as_many_are_left_out() -> None:
    assert ranks({"a": 3, "b": 2, "c": 2, "d": 1, "e": None}) == {"a": 1, "b": 2, "c": 2, "d": 4}


@given(values, values)
def test_each_is_listed_once_by_rank_then_code_and_those_without_one_last(
    now: dict[str, float | None], then: dict[str, float | None]
) -> None:
    found = standings(now, then)
    assert sorted(each.code for each in found) == sorted(now)
    keys = [(each.rank is None, each.rank or 0, each.code) for each in found]
    assert keys == sorted(keys)
    assert {each.code: each.rank for each in found if each.rank} == ranks(now)
    assert all(each.rank_before == ranks(then).get(each.code) for each in found)


@given(values, st.integers(1, 5))
def test_pages_hold_everybody_once_in_order(now: dict[str, float | None], limit: int) -> None:
    found = standings(now, {})
    read: list[str] = []
    after = None
    while page := page_of(found, after, limit):
        read += [each.code for each in page]
        after = Place.read(str(page[-1].place))
    assert read == [each.code for each in found]


@given(values, values, codes, numbers)
def test_a_page_begins_after_its_place_whoever_has_left_it(
    now: dict[str, float | None], later: dict[str, float | None], code: str, value: float | None
) -> None:
    place = Place(value, code)
    rest = page_of(standings(later, now), place, 500)
    assert all(each.place.key > place.key for each in rest)
    assert len(rest) == sum(Place(value, code).key > place.key for code, value in later.items())


@given(numbers, codes)
def test_a_place_is_read_as_it_was_written(value: float | None, code: str) -> None:
    assert Place.read(str(Place(value, code))) == Place(value, code)


def a_target(number: int, days: int, starts_on: date = date(2025, 10, 1), measure: Measure = "new") -> Target:
    ends_on = starts_on + timedelta(days=days - 1)
    return Target(UUID(int=number), Scope("15142"), "household_health", measure, 10, starts_on, ends_on)


def test_the_target_of_the_longest_period_counts_then_the_latest_then_by_measure_and_id() -> None:
    year, quarter = a_target(1, 365, date(2025, 1, 1)), a_target(2, 92)
    assert main_target([quarter, year, a_target(9, 7)]) == year
    later = a_target(1, 92, date(2025, 10, 2))
    assert main_target([later, quarter]) == later
    assert main_target([a_target(9, 92, measure="coverage"), quarter, a_target(8, 92, measure="renewal")]) == quarter
    assert main_target([quarter, a_target(3, 92)]) == a_target(3, 92)
    assert main_target([]) is None
