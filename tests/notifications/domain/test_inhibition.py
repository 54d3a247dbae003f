"""Which lag hushes which."""

from __future__ import annotations

import random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.alert import RANK
from notifications.domain.inhibition import Lag, inhibitor_of

PATHS = [("38",), ("38", "CT"), ("38", "BT"), ("38", "CT", "15142"), ("38", "BT", "15127"), ("38", "CT", "15142", "V1")]
LAGS = st.lists(
    st.builds(
        Lag,
        id=st.uuids(),
        path=st.sampled_from(PATHS),
        scheme=st.sampled_from(["household_health", "voluntary_social"]),
        measure=st.sampled_from(["new", "coverage"]),
        severity=st.sampled_from(["warning", "critical"]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda lag: lag.id,
)
POLICIES = st.sets(st.sampled_from(["38", "CT", "BT", "99"]))


@given(LAGS, POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_lags_does_not_matter(lags: list[Lag], policies: set[str], chance: random.Random) -> None:
    found = [inhibitor_of(lag, lags, policies) for lag in lags]
    shuffled = chance.sample(lags, len(lags))
    assert [inhibitor_of(lag, shuffled, policies) for lag in lags] == found


@given(LAGS, POLICIES)
def test_a_lag_is_hushed_by_one_above_it_of_the_same_kind_that_is_as_grave_where_policy_says_so(
    lags: list[Lag], policies: set[str]
) -> None:
    known = {lag.id: lag for lag in lags}
    for lag in lags:
        above = known.get(inhibitor_of(lag, lags, policies) or UUID(int=0))
        if above:
            assert tuple(above.path) == tuple(lag.path)[: len(above.path)] != tuple(lag.path)
            assert (above.scheme, above.measure) == (lag.scheme, lag.measure)
            assert RANK[above.severity] >= RANK[lag.severity]
            assert policies & set(above.path)


@given(LAGS, POLICIES)
def test_of_what_is_hushed_something_above_is_told(lags: list[Lag], policies: set[str]) -> None:
    known = {lag.id: lag for lag in lags}
    for lag in lags:
        top = lag
        while above := inhibitor_of(top, lags, policies):
            top = known[above]
        assert inhibitor_of(top, lags, policies) is None


@given(LAGS)
def test_without_a_policy_nothing_is_hushed(lags: list[Lag]) -> None:
    assert [inhibitor_of(lag, lags, set()) for lag in lags] == [None] * len(lags)


def test_the_nearest_unit_above_hushes() -> None:
    lags = [Lag(UUID(int=n), path, "household_health", "new", "warning") for n, path in enumerate(PATHS[:4])]
    assert inhibitor_of(lags[3], lags, {"38"}) == lags[1].id
    assert inhibitor_of(lags[1], lags, {"CT"}) is None
