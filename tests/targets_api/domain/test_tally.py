"""Sums of sign-ups."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.vocabulary import Kind, Scheme
from targets_api.domain.tally import Deltas, TallyKey, deltas_of


@dataclass(frozen=True)
class A:
    """A sign-up."""

    unit_code: str
    scheme: Scheme
    signed_on: date
    kind: Kind
    organisation_code: str
    collector_code: str
    cancelled: bool = False


SIGN_UPS = st.lists(
    st.builds(
        A,
        unit_code=st.sampled_from(["15142", "15127"]),
        scheme=st.sampled_from(["household_health", "voluntary_social"]),
        signed_on=st.dates(date(2025, 10, 25), date(2025, 10, 27)),
        kind=st.sampled_from(["new", "renewal"]),
        organisation_code=st.sampled_from(["CT", "NL"]),
        collector_code=st.sampled_from(["CT-07", "CT-08"]),
        cancelled=st.booleans(),
    )
)


def counts(deltas: Deltas) -> Counter[tuple[str, TallyKey]]:
    standing = {("standing", key): n for key, n in deltas.standing.items()}
    return Counter({**standing, **{("cancelled", key): n for key, n in deltas.cancelled.items()}})


@given(sign_ups=SIGN_UPS, order=st.randoms())
def test_the_order_of_sign_ups_does_not_matter(sign_ups: list[A], order: object) -> None:
    shuffled = list(sign_ups)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert deltas_of(shuffled) == deltas_of(sign_ups)


@given(one=SIGN_UPS, other=SIGN_UPS)
def test_two_batches_add_up_to_one(one: list[A], other: list[A]) -> None:
    assert counts(deltas_of(one)) + counts(deltas_of(other)) == counts(deltas_of(one + other))


@given(sign_ups=SIGN_UPS)
def test_every_sign_up_is_in_one_sum_and_keys_are_sorted(sign_ups: list[A]) -> None:
    deltas = deltas_of(sign_ups)
    assert sum(deltas.standing.values()) == sum(not each.cancelled for each in sign_ups)
    assert sum(deltas.cancelled.values()) == sum(each.cancelled for each in sign_ups)
    assert list(deltas.standing) == sorted(deltas.standing)


@given(before=SIGN_UPS, after=SIGN_UPS)
def test_what_is_replaced_is_taken_away_and_nothing_is_zero(before: list[A], after: list[A]) -> None:
    changed = deltas_of(after, before)
    total = counts(deltas_of(before))
    total.update(counts(changed))
    assert +total == counts(deltas_of(after))
    assert all(changed.standing.values())
    assert all(changed.cancelled.values())


def test_sign_ups_replaced_by_the_same_change_nothing() -> None:
    one = A("15142", "household_health", date(2025, 10, 25), "new", "CT", "CT-07")
    assert not deltas_of([one], [one])
