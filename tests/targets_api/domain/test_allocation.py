"""Shares are whole numbers, sum to the value exactly, keep their bounds, and follow what they are based on."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets_api.domain.allocation import Bounds, SharesDoNotFit, allocate

CODES = st.text("ABCDEFGH123", min_size=1, max_size=3)
WEIGHTS = st.one_of(st.integers(0, 30_000), st.decimals(0, 1000, places=3)).map(Fraction)
BASES = st.dictionaries(CODES, WEIGHTS, min_size=1, max_size=12)
VALUES = st.integers(0, 100_000)


@st.composite
def bounded(draw: st.DrawFn) -> tuple[int, dict[str, Fraction], Bounds]:
    """A value, bases and bounds, many of which fit each other."""
    bases = draw(BASES)
    floor = draw(st.integers(0, 20))
    cap = draw(st.none() | st.integers(floor, 400))
    most = cap if cap is not None else 400
    pinned = draw(st.dictionaries(st.sampled_from(sorted(bases)), st.integers(floor, most), max_size=len(bases)))
    return draw(st.integers(0, 200 * len(bases))), bases, Bounds(floor, cap, pinned)


def fits(value: int, bases: Mapping[str, Fraction], bounds: Bounds) -> bool:
    """Whether there are such shares at all, by what the extremes sum to."""
    rest = value - sum(bounds.pinned.values())
    free = [basis for code, basis in bases.items() if code not in bounds.pinned]
    most = sum(bounds.floor if not basis else (rest if bounds.cap is None else bounds.cap) for basis in free)
    return bounds.floor * len(free) <= rest <= most


@given(bounded())
def test_shares_sum_to_the_value_and_keep_their_bounds_or_are_refused_since_none_do(
    given_: tuple[int, dict[str, Fraction], Bounds],
) -> None:
    value, bases, bounds = given_
    if not fits(value, bases, bounds):
        with pytest.raises(SharesDoNotFit) as refusal:
            allocate(value, bases, bounds)
        assert refusal.value.errors
        return
    shares = allocate(value, bases, bounds)
    assert list(shares) == list(bases)
    assert sum(shares.values()) == value
    assert shares.items() >= bounds.pinned.items()
    for code in bases.keys() - bounds.pinned.keys():
        assert bounds.kept(Fraction(shares[code])) == shares[code]
        assert isinstance(shares[code], int)


@given(bounded())
def test_a_larger_basis_never_gets_less(given_: tuple[int, dict[str, Fraction], Bounds]) -> None:
    value, bases, bounds = given_
    if fits(value, bases, bounds):
        shares = allocate(value, bases, bounds)
        free = sorted(bases.keys() - bounds.pinned.keys(), key=lambda code: (bases[code], shares[code]))
        assert [shares[code] for code in free] == sorted(shares[code] for code in free)


@given(VALUES, BASES.filter(lambda bases: any(bases.values())))
def test_without_bounds_a_share_is_the_exact_one_cut_or_raised(value: int, bases: dict[str, Fraction]) -> None:
    whole = sum(bases.values())
    for code, share in allocate(value, bases, Bounds()).items():
        assert abs(share - value * bases[code] / whole) < 1


@given(VALUES, BASES.filter(lambda bases: any(bases.values())), st.integers(1, 1000))
def test_neither_order_nor_scale_of_the_bases_matters(value: int, bases: dict[str, Fraction], scale: int) -> None:
    shares = allocate(value, bases, Bounds())
    other = {code: bases[code] * scale for code in sorted(bases, reverse=True)}
    assert allocate(value, other, Bounds()) == shares


@given(bounded())
def test_between_bounds_shares_keep_the_proportion_to_one_person(
    given_: tuple[int, dict[str, Fraction], Bounds],
) -> None:
    value, bases, bounds = given_
    if not fits(value, bases, bounds):
        return
    shares = allocate(value, bases, bounds)
    inside = [
        code
        for code in bases.keys() - bounds.pinned.keys()
        if shares[code] > bounds.floor + 1 and (bounds.cap is None or shares[code] < bounds.cap - 1)
    ]
    for one in inside:
        for other in inside:
            assert shares[one] - 1 < (shares[other] + 1) * bases[one] / bases[other]


@pytest.mark.parametrize(
    ("value", "weights", "bounds", "shares"),
    [
        (100, {"A": 1, "B": 1, "C": 1}, Bounds(), {"A": 34, "B": 33, "C": 33}),
        (10, {"A": 6, "B": 3, "C": 1}, Bounds(), {"A": 6, "B": 3, "C": 1}),
        (7, {"A": 3, "B": 3, "C": 1}, Bounds(), {"A": 3, "B": 3, "C": 1}),
        (100, {"A": 98, "B": 1, "C": 1}, Bounds(floor=10), {"A": 80, "B": 10, "C": 10}),
        (100, {"A": 98, "B": 1, "C": 1}, Bounds(cap=50), {"A": 50, "B": 25, "C": 25}),
        (100, {"A": 90, "B": 9, "C": 1}, Bounds(5, 60), {"A": 60, "B": 35, "C": 5}),
        (100, {"A": 1, "B": 1, "C": 1}, Bounds(pinned={"B": 10}), {"A": 45, "B": 10, "C": 45}),
        (20, {"A": 0, "B": 1}, Bounds(floor=5), {"A": 5, "B": 15}),
        (10, {"A": 0, "B": 0}, Bounds(floor=5), {"A": 5, "B": 5}),
        (7, {"A": 1}, Bounds(pinned={"A": 7}), {"A": 7}),
    ],
)
def test_shares_by_example(value: int, weights: dict[str, int], bounds: Bounds, shares: dict[str, int]) -> None:
    assert allocate(value, {code: Fraction(weight) for code, weight in weights.items()}, bounds) == shares


@pytest.mark.parametrize(
    ("value", "weights", "bounds", "pointer", "words"),
    [
        (100, {"A": 1, "B": 1}, Bounds(floor=51), "/floor", "2 × the floor of 51 is 102, more than the 100"),
        (100, {"A": 1, "B": 1}, Bounds(cap=49), "/cap", "2 × the cap of 49 is 98, less than the 100"),
        (100, {"A": 1, "B": 0}, Bounds(cap=60), "/cap", "1 with a basis × the cap of 60 is 60, less than the 100"),
        (100, {"A": 0, "B": 0}, Bounds(), "/by", "the basis of all 2 is zero"),
        (100, {"A": 1}, Bounds(pinned={"B": 5}), "/pinned/B", "B is not among those"),
        (100, {"A": 1}, Bounds(pinned={"A": 101}), "/pinned", "pinned shares sum to 101, more than the value of 100"),
        (100, {"A": 1}, Bounds(pinned={"A": 99}), "/pinned", "every share is pinned, and 1 are left over"),
        (100, {"A": 1, "B": 1}, Bounds(floor=5, pinned={"A": 4}), "/pinned/A", "4 is below the floor of 5"),
        (100, {"A": 1, "B": 1}, Bounds(cap=60, pinned={"A": 61}), "/pinned/A", "61 is above the cap of 60"),
        (100, {"A/B": 1, "B": 1}, Bounds(cap=60, pinned={"A/B": 61}), "/pinned/A~1B", "61 is above the cap of 60"),
        (100, {"A": 1}, Bounds(floor=5, cap=4), "/cap", "the cap of 4 is below the floor of 5"),
    ],
)
def test_what_cannot_be_shared_out_is_refused_with_the_numbers(
    value: int, weights: dict[str, int], bounds: Bounds, pointer: str, words: str
) -> None:
    with pytest.raises(SharesDoNotFit) as refusal:
        allocate(value, {code: Fraction(weight) for code, weight in weights.items()}, bounds)
    assert refusal.value.errors[0].pointer == pointer
    assert words in refusal.value.detail
