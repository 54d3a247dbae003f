"""Sums of sign-ups."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
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
    amount_paid: int | None = 1


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
        amount_paid=st.one_of(st.none(), st.integers(0, 10**12)),
    )
)


def counts(deltas: Deltas) -> Counter[tuple[str, TallyKey]]:
    names = ("standing", "cancelled", "amount", "with_amount")
    return Counter({(name, k): n for name, of in zip(names, deltas.sums(), strict=True) for k, n in of.items()})


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
    paid = [each.amount_paid for each in sign_ups if not each.cancelled and each.amount_paid is not None]
    assert (sum(deltas.amount.values()), sum(deltas.with_amount.values())) == (sum(paid), len(paid))
    assert list(deltas.standing) == sorted(deltas.standing)


@given(before=SIGN_UPS, after=SIGN_UPS)
def test_what_is_replaced_is_taken_away_and_nothing_is_zero(before: list[A], after: list[A]) -> None:
    changed = deltas_of(after, before)
    total = counts(deltas_of(before))
    total.update(counts(changed))
    assert +total == counts(deltas_of(after))
    assert all(counts(changed).values())
    assert changed.keys() == sorted({key for of in changed.sums() for key in of})


def test_sign_ups_replaced_by_the_same_change_nothing() -> None:
    one = A("15142", "household_health", date(2025, 10, 25), "new", "CT", "CT-07")
    assert not deltas_of([one], [one])


@given(sign_ups=SIGN_UPS)
def test_completing_what_is_known_adds_what_was_paid_alone(sign_ups: list[A]) -> None:
    unknown = [replace(each, amount_paid=None) for each in sign_ups]
    total = counts(deltas_of(unknown))
    total.update(counts(deltas_of((), (), sign_ups)))
    assert +total == +counts(deltas_of(sign_ups))
