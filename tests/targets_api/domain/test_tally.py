"""Sums of sign-ups."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.vocabulary import Kind, Scheme
from targets_api.domain.tally import deltas_of


@dataclass(frozen=True)
class A:
    """A sign-up."""

    unit_code: str
    scheme: Scheme
    signed_on: date
    kind: Kind
    organisation_code: str
    collector_code: str


SIGN_UPS = st.lists(
    st.builds(
        A,
        unit_code=st.sampled_from(["15142", "15127"]),
        scheme=st.sampled_from(["household_health", "voluntary_social"]),
        signed_on=st.dates(date(2025, 10, 25), date(2025, 10, 27)),
        kind=st.sampled_from(["new", "renewal"]),
        organisation_code=st.sampled_from(["CT", "NL"]),
        collector_code=st.sampled_from(["CT-07", "CT-08"]),
    )
)


@given(sign_ups=SIGN_UPS, order=st.randoms())
def test_the_order_of_sign_ups_does_not_matter(sign_ups: list[A], order: object) -> None:
    shuffled = list(sign_ups)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert list(deltas_of(shuffled).items()) == list(deltas_of(sign_ups).items())


@given(one=SIGN_UPS, other=SIGN_UPS)
def test_two_batches_add_up_to_one(one: list[A], other: list[A]) -> None:
    assert Counter(deltas_of(one)) + Counter(deltas_of(other)) == Counter(deltas_of(one + other))


@given(sign_ups=SIGN_UPS)
def test_every_sign_up_is_in_one_sum_and_keys_are_sorted(sign_ups: list[A]) -> None:
    deltas = deltas_of(sign_ups)
    assert sum(deltas.values()) == len(sign_ups)
    assert list(deltas) == sorted(deltas)
