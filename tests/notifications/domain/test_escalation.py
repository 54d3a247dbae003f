"""Which chain an alert has, and when each of its steps is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from notifications.domain.alert import Alert, Changed, Status
from notifications.domain.escalation import (
    Chain,
    Lapse,
    Step,
    chain_of,
    check_steps,
    lapse_of,
    step_due_at,
    take_due_step,
    take_step,
)
from services.errors import Invalid

RAISED: Final = datetime(2025, 10, 24, 8, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
OPEN: Final = Alert("open", "warning", 1, 1, RAISED, unacknowledged_since=RAISED)
STEPS: Final = (Step(4 * HOUR, ("unit",)), Step(24 * HOUR, ("province", "director")))
CHAIN: Final = Chain("chain", "38", STEPS)


def a_chain(under: str | None) -> Chain:
    """One that is named like its unit."""
    return Chain(under or "everywhere", under, STEPS)


@pytest.mark.parametrize(
    ("path", "units", "name"),
    [
        (("38", "BHXH-CT", "15142"), ("38", "BHXH-CT"), "BHXH-CT"),
        (("38", "BHXH-CT", "15142"), ("38", "15142", "BHXH-CT"), "15142"),
        (("38", "BHXH-CT", "15142"), (None, "38"), "38"),
        (("38", "BHXH-CT", "15142"), (None, "BHXH-BT"), "everywhere"),
        (("38", "BHXH-CT", "15142"), ("BHXH-BT",), None),
        ((), ("38", None), "everywhere"),
        ((), ("38",), None),
    ],
)
def test_the_chain_of_the_nearest_unit_is_that_of_an_alert(
    path: Sequence[str], units: Sequence[str | None], name: str | None
) -> None:
    found = chain_of(path, [a_chain(unit) for unit in units])
    assert (found and found.name) == name


def test_each_step_is_due_so_long_after_the_alert_was_raised() -> None:
    assert step_due_at(OPEN, CHAIN) == RAISED + 4 * HOUR
    assert step_due_at(replace(OPEN, level=1), CHAIN) == RAISED + 24 * HOUR


def test_no_step_is_due_after_the_last_one_nor_without_a_chain() -> None:
    assert step_due_at(replace(OPEN, level=2), CHAIN) is None
    assert step_due_at(replace(OPEN, level=7), CHAIN) is None
    assert step_due_at(OPEN, None) is None


@pytest.mark.parametrize("status", ["acknowledged", "reported", "resolved"])
def test_no_step_is_due_while_somebody_acts(status: Status) -> None:
    assert step_due_at(replace(OPEN, status=status, unacknowledged_since=None), CHAIN) is None


def test_a_step_is_taken_when_its_time_has_come_and_notifies_its_routes() -> None:
    assert not isinstance(take_due_step(OPEN, CHAIN, RAISED + 4 * HOUR - timedelta(seconds=1)), Changed)
    taken = take_due_step(OPEN, CHAIN, RAISED + 4 * HOUR)
    assert isinstance(taken, Changed)
    assert (taken.alert.level, taken.alert.version, taken.alert.status) == (1, 2, "open")
    assert (taken.routes, taken.reason) == (("unit",), "level 1: nobody has acknowledged it in time")


@pytest.mark.parametrize("status", ["open", "acknowledged", "reported"])
def test_what_gets_worse_takes_the_next_step_at_once_whoever_acts(status: Status) -> None:
    alert = replace(OPEN, status=status, level=1)
    taken = take_step(alert, CHAIN, "not_remedied")
    assert isinstance(taken, Changed)
    assert (taken.alert.level, taken.routes) == (2, ("province", "director"))
    assert taken.reason == "level 2: a remedy was not done in time"
    assert not isinstance(take_step(taken.alert, CHAIN, "not_remedied"), Changed)


def test_an_alert_that_is_resolved_is_not_escalated() -> None:
    resolved = replace(OPEN, status="resolved", resolved_at=RAISED)
    assert not isinstance(take_step(resolved, CHAIN, "not_reported"), Changed)


@pytest.mark.parametrize(
    ("status", "is_overdue", "was_missed", "lapse"),
    [
        ("open", False, False, "not_acknowledged"),
        ("open", True, False, "not_reported"),
        ("open", False, True, "not_acknowledged"),
        ("acknowledged", True, False, "not_reported"),
        ("acknowledged", False, True, "not_remedied"),
        ("reported", True, True, "not_remedied"),
        ("reported", False, True, "not_remedied"),
    ],
)
def test_an_alert_says_by_itself_why_it_was_escalated(
    status: Status, is_overdue: bool, was_missed: bool, lapse: Lapse
) -> None:
    assert lapse_of(status, is_overdue=is_overdue, was_remedy_missed=was_missed) == lapse


@pytest.mark.parametrize(
    ("status", "is_overdue", "lapse"),
    [
        ("acknowledged", False, "not_acknowledged"),
        ("reported", False, "not_acknowledged"),
        ("reported", True, "not_reported"),
    ],
)
def test_a_message_that_comes_late_names_no_remedy_as_missed_where_none_is(
    status: Status, is_overdue: bool, lapse: Lapse
) -> None:
    assert lapse_of(status, is_overdue=is_overdue, was_remedy_missed=False) == lapse


@pytest.mark.parametrize(
    ("steps", "pointers"),
    [
        ([Step(4 * HOUR, ("a",)), Step(4 * HOUR, ("a",))], ["/steps/1/after"]),
        ([Step(timedelta(0), ("a",))], ["/steps/0/after"]),
        ([Step(timedelta(days=60, seconds=1), ("a",))], ["/steps/0/after"]),
        ([Step(HOUR, ("a", "b", "a"))], ["/steps/0/routes/2"]),
        ([Step(HOUR, ("a",)), Step(2 * HOUR, ("b", "no-such"))], ["/steps/1/routes/1"]),
        ([Step(HOUR, ("x",)), Step(HOUR, ("y",))], ["/steps/1/after", "/steps/0/routes/0", "/steps/1/routes/0"]),
    ],
)
def test_every_wrong_field_of_steps_is_named(steps: Sequence[Step], pointers: Sequence[str]) -> None:
    with pytest.raises(Invalid) as refused:
        check_steps(steps, ["a", "b"])
    assert [error.pointer for error in refused.value.errors] == pointers


def test_steps_that_grow_and_name_routes_that_are_there_are_right() -> None:
    check_steps([Step(timedelta(minutes=1), ("a",)), Step(timedelta(days=60), ("a", "b"))], ["a", "b"])
