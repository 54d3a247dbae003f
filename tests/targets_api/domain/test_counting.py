"""Which targets a batch advances, against the rule spelled out one sign-up at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from targets_api.domain.counting import Advance, Counting, advances_of
from targets_api.domain.tally import TallyKey

UNITS = ["15142-01", "15142-02", "15127"]
ABOVE = {"CT": frozenset({"CT", "VNPOST"}), "NL": frozenset({"NL", "VNPOST"})}
COLLECTORS = ["CT-07", "CT-08"]
FIRST = date(2025, 10, 1)
DAYS = st.integers(0, 20).map(lambda n: FIRST + timedelta(days=n))
KEYS = st.builds(
    TallyKey,
    unit_code=st.sampled_from(UNITS),
    scheme=st.sampled_from(["household_health", "voluntary_social"]),
    day=DAYS,
    kind=st.sampled_from(["new", "renewal"]),
    organisation_code=st.sampled_from(["CT", "NL", "unknown"]),
    collector_code=st.sampled_from(COLLECTORS),
)
TARGETS = st.builds(
    Counting,
    target_id=st.uuids(),
    units=st.none() | st.lists(st.sampled_from(UNITS), unique=True),
    organisation_code=st.none() | st.sampled_from(["CT", "NL", "VNPOST"]),
    collector_code=st.none() | st.sampled_from(COLLECTORS),
    scheme=st.sampled_from(["household_health", "voluntary_social"]),
    measure=st.sampled_from(["new", "renewal", "in_force", "coverage"]),
    count_from=DAYS,
    start_from=st.none() | DAYS,
    starts_on=DAYS,
    ends_on=DAYS,
).filter(lambda t: t.units is not None or t.organisation_code is not None or t.collector_code is not None)


def in_scope(target: Counting, key: TallyKey) -> bool:
    return (
        (target.units is None or key.unit_code in target.units)
        and (target.collector_code is None or target.collector_code == key.collector_code)
        and (target.organisation_code is None or target.organisation_code in ABOVE.get(key.organisation_code, set()))
        and target.scheme == key.scheme
        and (target.measure == "renewal") == (key.kind == "renewal")
    )


def spelled_out(target: Counting, deltas: dict[TallyKey, int]) -> Advance:
    own = {key: n for key, n in deltas.items() if in_scope(target, key) and key.day <= target.ends_on}
    since = sum(n for key, n in own.items() if target.count_from <= key.day)
    early = sum(
        n for key, n in own.items() if target.start_from is not None and target.start_from <= key.day < target.starts_on
    )
    return Advance(since, early)


@given(
    deltas=st.dictionaries(KEYS, st.integers(1, 50), max_size=30),
    targets=st.lists(TARGETS, max_size=10, unique_by=lambda t: t.target_id),
)
def test_a_batch_advances_each_target_by_what_is_in_its_scope_and_time(
    deltas: dict[TallyKey, int], targets: list[Counting]
) -> None:
    advances = advances_of(deltas, targets, ABOVE)
    expected: dict[UUID, Advance] = {target.target_id: spelled_out(target, deltas) for target in targets}
    assert advances == {target_id: advance for target_id, advance in expected.items() if advance != Advance()}


def test_what_was_before_the_start_adds_up_over_days_and_over_the_parts_of_a_target() -> None:
    part = Counting(
        target_id=UUID(int=1),
        units=["15142-01"],
        organisation_code=None,
        collector_code=None,
        scheme="household_health",
        measure="in_force",
        count_from=FIRST,
        start_from=FIRST,
        starts_on=FIRST + timedelta(days=2),
        ends_on=FIRST + timedelta(days=9),
    )
    deltas = {
        TallyKey(unit, "household_health", FIRST + timedelta(days=day), "new", "CT", "CT-07"): 10**day
        for unit in ("15142-01", "15142-02")
        for day in range(3)
    }
    advances = advances_of(deltas, [part, replace(part, units=["15142-02"])], ABOVE)
    assert advances == {part.target_id: Advance(since=222, early=22)}


def test_a_target_is_touched_by_what_cancels_out() -> None:
    target = Counting(UUID(int=1), None, "CT", None, "household_health", "new", FIRST, None, FIRST, FIRST)
    deltas = {
        TallyKey(unit, "household_health", FIRST, "new", "CT", "CT-07"): n
        for unit, n in zip(UNITS, (1, -1), strict=False)
    }
    assert advances_of(deltas, [target], ABOVE) == {target.target_id: Advance()}
