"""What may be a share of a target, and how many persons its shares sum to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.vocabulary import Measure, Scope
from targets_api.domain.pace import Progress
from targets_api.domain.shares import Above, errors_of_share, last_period, measure_of_shares, persons_of
from targets_api.domain.target import Target

PARENT = Target(
    UUID(int=1), Scope("38", "VNPOST"), "household_health", "new", 300, date(2025, 10, 1), date(2025, 12, 31)
)
SHARE = replace(PARENT, id=UUID(int=2), scope=Scope("15142", "CT"), parent_id=PARENT.id)
ABOVE = Above(frozenset({"15142", "38"}), frozenset({"CT", "VNPOST"}))


def test_a_part_of_the_scope_within_the_period_is_a_share() -> None:
    assert list(errors_of_share(SHARE, PARENT, ABOVE)) == []
    within = replace(SHARE, starts_on=date(2025, 11, 1), ends_on=date(2025, 11, 30))
    assert list(errors_of_share(within, PARENT, ABOVE)) == []
    of_collector = replace(SHARE, scope=Scope("15142", None, "CT-07"))
    assert list(errors_of_share(of_collector, PARENT, ABOVE)) == []


@pytest.mark.parametrize(
    ("wrong", "above", "pointer"),
    [
        ({"scheme": "voluntary_social"}, ABOVE, "/scheme"),
        ({"measure": "renewal"}, ABOVE, "/measure"),
        ({"starts_on": date(2025, 9, 30)}, ABOVE, "/ends_on"),
        ({"ends_on": date(2026, 1, 1)}, ABOVE, "/ends_on"),
        ({"scope": PARENT.scope}, Above(frozenset({"38"}), frozenset({"VNPOST"})), "/scope"),
        ({"scope": Scope(None, "CT")}, Above(frozenset(), ABOVE.organisations), "/scope"),
        ({"scope": Scope("01", "CT")}, Above(frozenset({"01"}), ABOVE.organisations), "/scope"),
        ({"scope": Scope("15142", "VT")}, Above(ABOVE.units, frozenset({"VT"})), "/scope"),
    ],
)
def test_what_is_no_share_is_refused_at_its_field(wrong: dict[str, object], above: Above, pointer: str) -> None:
    assert [error.pointer for error in errors_of_share(replace(SHARE, **wrong), PARENT, above)] == [pointer]  # type: ignore[arg-type]


def test_nothing_is_a_share_of_what_was_withdrawn() -> None:
    gone = replace(PARENT, withdrawn_on=date(2025, 10, 5))
    assert [error.pointer for error in errors_of_share(SHARE, gone, ABOVE)] == ["/parent_id"]


@pytest.mark.parametrize(
    ("measure", "value", "progress", "persons"),
    [
        ("new", 300.0, Progress(120), 300),
        ("renewal", 300.5, Progress(0), 301),
        ("in_force", 20_000.0, Progress(19_900, 19_702, 26_697), 298),
        ("coverage", 0.9515, Progress(19_702, 19_702, 26_697), 5_701),
        ("coverage", 0.7, Progress(19_702, 19_702, 26_697), 0),
    ],
)
def test_shares_sum_to_the_persons_that_are_to_be_signed_up(
    measure: Measure, value: float, progress: Progress, persons: int
) -> None:
    assert persons_of(replace(PARENT, measure=measure, value=value), progress) == persons


def test_a_stock_is_shared_out_in_new_sign_ups() -> None:
    shares = {measure: measure_of_shares(measure) for measure in ("new", "renewal", "in_force", "coverage")}
    assert shares == {"new": "new", "renewal": "renewal", "in_force": "new", "coverage": "new"}


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (("2025-10-01", "2025-12-31"), ("2025-07-01", "2025-09-30")),
        (("2025-01-01", "2025-12-31"), ("2024-01-01", "2024-12-31")),
        (("2025-03-01", "2025-03-31"), ("2025-02-01", "2025-02-28")),
        (("2025-11-03", "2025-11-14"), ("2025-10-22", "2025-11-02")),
        (("2025-10-01", "2025-10-30"), ("2025-09-01", "2025-09-30")),
    ],
)
def test_the_last_period_is_as_long_and_ends_on_the_eve(period: tuple[str, str], before: tuple[str, str]) -> None:
    assert last_period(*map(date.fromisoformat, period)) == tuple(map(date.fromisoformat, before))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 800))
def test_the_last_period_ends_the_day_before_and_has_at_least_a_day(starts_on: date, days: int) -> None:
    first, last = last_period(starts_on, starts_on + timedelta(days=days))
    assert first <= last == starts_on - timedelta(days=1)
