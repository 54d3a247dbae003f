"""Which unit stands for another on a day, and which may take its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.domain.registry import Unit, UnknownUnit
from enrolment_api.domain.succession import (
    UnitAlreadyEnded,
    UnitEnded,
    UnitInSuccession,
    UnitNotYetValid,
    Validity,
    WrongSuccessor,
    WrongValidity,
    check_validity,
    ended,
    unit_on,
)

MERGER = date(2026, 4, 30)
EVE = date(2026, 4, 29)


def a_commune(code: str, valid_from: date | None = None) -> Unit:
    return Unit(code, code, "commune", "38", valid_from)


def of(*units: Unit) -> dict[str, Unit]:
    return {unit.code: unit for unit in units}


def validity(**units: tuple[date | None, date | None, Sequence[str]]) -> dict[str, Validity]:
    return {code: Validity("commune", first, last, tuple(after)) for code, (first, last, after) in units.items()}


def test_a_unit_counts_until_the_eve_and_its_successor_from_the_day_on() -> None:
    units = validity(a=(None, EVE, ["b"]), b=(MERGER, None, []))
    assert (unit_on("a", EVE, units), unit_on("a", MERGER, units)) == ("a", "b")


def test_successors_of_successors_are_followed() -> None:
    later = MERGER + timedelta(days=30)
    units = validity(a=(None, EVE, ["b"]), b=(None, later, ["c"]), c=(None, None, []))
    assert [unit_on("a", day, units) for day in (EVE, later, later + timedelta(days=1))] == ["a", "b", "c"]


def test_of_several_successors_none_is_chosen() -> None:
    units = validity(a=(None, EVE, ["b", "c"]), b=(None, None, []), c=(None, None, []))
    with pytest.raises(UnitEnded, match="b, c"):
        unit_on("a", MERGER, units)


def test_a_unit_does_not_count_before_its_first_day() -> None:
    with pytest.raises(UnitNotYetValid, match="2026-04-30"):
        unit_on("b", EVE, validity(b=(MERGER, None, [])))


def test_what_is_not_registered_stands_for_nothing() -> None:
    with pytest.raises(UnknownUnit):
        unit_on("a", EVE, {})


def test_ending_a_unit_notes_its_last_day_and_its_successors_in_order() -> None:
    units = of(a_commune("a"), a_commune("b", MERGER), a_commune("c"))
    after = ended("a", MERGER, ["c", "b", "c"], units)
    assert (after.valid_to, after.successors) == (EVE, ("b", "c"))
    assert ended("a", MERGER, ["b", "c"], {**units, "a": after}) == after


@pytest.mark.parametrize(("on", "successors"), [(MERGER, ["c"]), (MERGER + timedelta(days=1), ["b"])])
def test_a_unit_ends_once(on: date, successors: list[str]) -> None:
    units = of(a_commune("a"), a_commune("b"), a_commune("c"))
    with pytest.raises(UnitAlreadyEnded, match="2026-04-29 in favour of b"):
        ended("a", on, successors, {**units, "a": ended("a", MERGER, ["b"], units)})


@pytest.mark.parametrize(
    ("successor", "why"),
    [
        (Unit("b", "B", "village", "x"), "level village"),
        (a_commune("b", MERGER + timedelta(days=1)), "exists from 2026-05-01"),
        (Unit("b", "B", "commune", "38", None, EVE, ("c",)), "ended on 2026-04-29"),
        (Unit("b", "B", "commune", "38", None, date(2026, 12, 31), ("a",)), "took that of b itself"),
        (Unit("b", "B", "commune", "38", None, date(2026, 12, 31), ("a", "c")), "took that of b itself"),
    ],
)
def test_a_successor_is_of_the_same_level_and_exists_on_that_day(successor: Unit, why: str) -> None:
    with pytest.raises(WrongSuccessor, match=why) as raised:
        ended("a", MERGER, ["c", "b"], of(a_commune("a"), successor, a_commune("c")))
    assert [error.pointer for error in raised.value.errors] == ["/successors/1"]


def test_a_unit_cannot_succeed_itself() -> None:
    with pytest.raises(WrongSuccessor):
        ended("a", MERGER, ["a"], of(a_commune("a")))


def test_a_successor_is_registered() -> None:
    with pytest.raises(UnknownUnit) as raised:
        ended("a", MERGER, ["b"], of(a_commune("a")))
    assert raised.value.errors[0].pointer == "/successors/0"


def test_a_unit_exists_for_a_day_at_least() -> None:
    units = of(a_commune("a", MERGER), a_commune("b"))
    with pytest.raises(WrongValidity) as raised:
        ended("a", MERGER, ["b"], units)
    assert raised.value.errors[0].pointer == "/on"
    assert ended("a", MERGER + timedelta(days=1), ["b"], units).valid_to == MERGER


def test_no_unit_comes_to_lie_under_one_that_ended() -> None:
    gone = Unit("a", "A", "commune", "38", None, EVE, ("b", "c"))
    village = Unit("v", "V", "village", "a")
    check_validity(village, village, gone, succeeds=False)
    for before in (None, Unit("v", "V", "village", "c")):
        with pytest.raises(UnitEnded) as raised:
            check_validity(village, before, gone, succeeds=False)
        assert raised.value.errors[0].pointer == "/parent_code"


@pytest.mark.parametrize(("successors", "succeeds"), [(("b",), False), ((), True)])
def test_who_takes_part_in_a_succession_keeps_the_level(successors: tuple[str, ...], succeeds: bool) -> None:
    before = Unit("a", "A", "commune", "38", None, EVE if successors else None, successors)
    with pytest.raises(UnitInSuccession):
        check_validity(Unit("a", "A", "village", "38"), before, None, succeeds)


CODES = st.sampled_from("abcdef")


@given(st.lists(st.tuples(CODES, st.dates(date(2025, 1, 1), date(2025, 12, 31)), st.sets(CODES, min_size=1))), CODES)
def test_whatever_successions_are_accepted_every_day_has_one_unit_or_a_refusal(
    successions: list[tuple[str, date, set[str]]], code: str
) -> None:
    units = of(*map(a_commune, "abcdef"))
    for each, on, successors in successions:
        try:
            units[each] = ended(each, on, sorted(successors), units)
        except (UnitAlreadyEnded, WrongSuccessor):
            continue
    known = {u.code: Validity(u.level, u.valid_from, u.valid_to, u.successors) for u in units.values()}
    for day in (date(2024, 1, 1), date(2025, 6, 1), date(2026, 1, 1)):
        try:
            stands = units[unit_on(code, day, known)]
        except UnitEnded:
            continue
        assert stands.valid_to is None or day <= stands.valid_to
