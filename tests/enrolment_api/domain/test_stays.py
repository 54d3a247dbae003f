"""Which organisation a collector belongs to on a day, and what a move makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.domain.registry import Collector
from enrolment_api.domain.stays import Employment, MoveBeforeLast, MoveInFuture, MoveWithoutDay, listed, moved, stays_of

TODAY = date(2025, 10, 25)
MOVE = date(2025, 10, 1)
DAY = timedelta(days=1)
ALWAYS = Collector("CT-07", "Lê Thị B", "CT")


def wanted(organisation: str, from_on: date | None = None) -> Collector:
    return Collector("CT-07", "Lê Thị B", organisation, from_on)


def days(collector: Collector, *asked: date) -> list[str | None]:
    employment = Employment(tuple(stays_of(collector)))
    return [employment.organisation_on(day) for day in asked]


def test_a_move_counts_from_its_day() -> None:
    after = moved(ALWAYS, wanted("NL", MOVE), TODAY)
    assert days(after, date(2020, 1, 1), MOVE - DAY, MOVE, TODAY) == ["CT", "CT", "NL", "NL"]


def test_a_move_without_a_day_counts_from_today() -> None:
    assert days(moved(ALWAYS, wanted("NL"), TODAY), TODAY - DAY, TODAY) == ["CT", "NL"]


def test_the_same_move_again_changes_nothing() -> None:
    after = moved(ALWAYS, wanted("NL", MOVE), TODAY)
    assert moved(after, wanted("NL", MOVE), TODAY) == after
    assert moved(after, wanted("NL"), TODAY) == after
    assert moved(after, wanted("NL", MOVE + DAY), TODAY) == after


def test_a_move_to_another_organisation_on_the_same_day_corrects_it() -> None:
    after = moved(moved(ALWAYS, wanted("NL", MOVE), TODAY), wanted("BT", MOVE), TODAY)
    assert days(after, MOVE - DAY, MOVE) == ["CT", "BT"]


def test_whoever_comes_back_has_two_stays_there() -> None:
    back = moved(moved(ALWAYS, wanted("NL", MOVE), TODAY), wanted("CT", TODAY), TODAY)
    assert days(back, MOVE - DAY, MOVE, TODAY - DAY, TODAY) == ["CT", "NL", "NL", "CT"]
    for stays in permutations(stays_of(back)):
        assert Employment(stays).days_with("CT") == ["until 2025-09-30", "from 2025-10-25 on"]


@pytest.mark.parametrize("organisation", ["BT", "NL"])
def test_what_was_before_the_last_move_is_history(organisation: str) -> None:
    after = moved(ALWAYS, wanted("NL", MOVE), TODAY)
    with pytest.raises(MoveBeforeLast, match="since 2025-10-01"):
        moved(after, wanted(organisation, MOVE - DAY), TODAY)


def test_a_move_is_sent_on_its_day() -> None:
    with pytest.raises(MoveInFuture):
        moved(ALWAYS, wanted("NL", TODAY + DAY), TODAY)


def test_a_new_collector_may_begin_on_any_day() -> None:
    begins = moved(None, wanted("CT", TODAY + DAY), TODAY)
    assert days(begins, TODAY, TODAY + DAY) == [None, "CT"]
    assert days(moved(begins, wanted("NL"), TODAY), TODAY, TODAY + DAY) == [None, "NL"]


def test_the_first_stay_may_turn_out_to_have_begun_earlier() -> None:
    assert moved(wanted("CT", TODAY), wanted("CT", MOVE), TODAY).from_on == MOVE


def test_a_name_is_changed_without_a_move() -> None:
    after = moved(moved(ALWAYS, wanted("NL", MOVE), TODAY), replace(wanted("NL"), name="Lê Thị C"), TODAY)
    assert (after.name, after.from_on) == ("Lê Thị C", MOVE)


def test_a_stay_on_record_changes_nothing_but_the_name() -> None:
    after = moved(moved(wanted("CT", MOVE), wanted("NL", MOVE + DAY), TODAY), wanted("BT", TODAY), TODAY)
    for stay in stays_of(after):
        sent = wanted(stay.organisation_code, stay.from_on)
        assert moved(after, sent, TODAY) == listed(after, sent, TODAY) == after
        assert moved(after, replace(sent, name="Lê Thị C"), TODAY) == replace(after, name="Lê Thị C")


@pytest.mark.parametrize("organisation", ["CT", "BT"])
def test_a_row_without_a_day_says_where_a_collector_was_first_or_is_now_and_moves_nobody(organisation: str) -> None:
    after = moved(moved(ALWAYS, wanted("NL", MOVE), TODAY), wanted("BT", MOVE + DAY), TODAY)
    assert listed(after, wanted(organisation), TODAY) == after
    for other in ("NL", "VNPOST"):
        with pytest.raises(MoveWithoutDay, match="belongs to BT since 2025-10-02"):
            listed(after, wanted(other), TODAY)


def test_a_row_with_a_day_moves_as_a_put_does() -> None:
    assert listed(None, ALWAYS, TODAY) == ALWAYS
    assert listed(ALWAYS, wanted("NL", MOVE), TODAY) == moved(ALWAYS, wanted("NL", MOVE), TODAY)


@given(st.lists(st.tuples(st.sampled_from(["CT", "NL", "BT"]), st.dates(date(2025, 1, 1), TODAY)), max_size=12))
def test_each_day_belongs_to_the_last_move_that_was_accepted_for_it(moves: list[tuple[str, date]]) -> None:
    collector, expected = ALWAYS, dict.fromkeys((date(2024, 12, 1) + n * DAY for n in range(330)), "CT")
    for organisation, on in moves:
        if (organisation, on) in {(stay.organisation_code, stay.from_on) for stay in stays_of(collector)}:
            assert moved(collector, wanted(organisation, on), TODAY) == collector
            continue
        try:
            collector = moved(collector, wanted(organisation, on), TODAY)
        except MoveBeforeLast:
            continue
        expected |= {day: organisation for day in expected if day >= on}
    assert days(collector, *expected) == list(expected.values())
