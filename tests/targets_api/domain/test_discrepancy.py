"""What the ledger and the tallies differ by is spent on what makes up for it, and never grows."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from targets_api.domain.discrepancy import Discrepancies, settled
from targets_api.domain.tally import TallyKey, deltas_of
from tests.targets_api.builders import HEALTH, LAUNCH, a_sign_up

KEY = TallyKey("15142", HEALTH, LAUNCH, "new", "CT", "CT-07")
lacks = st.tuples(*(st.integers(-5, 5) for _ in range(4)))
some = st.lists(
    st.builds(lambda n: a_sign_up(amount_paid=n, signed_on=date(2025, 10, 25)).data, st.integers(0, 3)), max_size=5
)


def of_key(sums: Any) -> list[int]:
    return [counts.get(KEY, 0) for counts in sums.sums()]


@given(lacks=lacks, entered=some, replaced=some)
def test_ledger_and_tally_differ_afterwards_by_what_is_left(lacks: Any, entered: Any, replaced: Any) -> None:
    open_ = Discrepancies()
    open_.note(KEY, lacks)
    result, change = settled(open_, entered, replaced), deltas_of(entered, replaced)
    open_.settle(result)
    left = [
        before + changed - added
        for before, changed, added in zip(lacks, of_key(change), of_key(result.added), strict=True)
    ]
    assert of_key(open_.lacks) == left
    assert all(abs(now) <= abs(before) and now * before >= 0 for now, before in zip(left, lacks, strict=True))


def test_a_tally_that_counts_what_the_ledger_had_lost_is_left_as_it_is() -> None:
    open_ = Discrepancies()
    open_.note(KEY, (-2, 0, -20, -2))
    entries = [a_sign_up(amount_paid=10).data for _ in range(3)]
    first = settled(open_, entries[:1], ())
    open_.settle(first)
    assert (of_key(first.added), of_key(open_.lacks)) == ([0, 0, 0, 0], [-1, 0, -10, -1])
    rest = settled(open_, entries[1:], ())
    open_.settle(rest)
    assert (of_key(rest.added), of_key(open_.lacks)) == ([1, 0, 10, 1], [0, 0, 0, 0])
