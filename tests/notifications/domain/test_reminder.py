"""When a route is told again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.alert import Status
from notifications.domain.reminder import (
    LONGEST,
    SHORTEST,
    Standing,
    Told,
    check_interval,
    due_together,
    first_reminder,
)
from services.errors import Invalid

NOW = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
OPEN = Standing("open")


def told(hours_ago: float, standing: Standing = OPEN, *, keeps_state: bool = False) -> Told:
    """What was told so long ago, and is each day."""
    return Told(NOW - timedelta(hours=hours_ago), DAY, standing, keeps_state)


@pytest.mark.parametrize(
    ("status", "planned", "missed", "waits"),
    [
        ("open", 0, 0, True),
        ("acknowledged", 0, 0, False),
        ("acknowledged", 0, 1, False),
        ("reported", 1, 0, False),
        ("reported", 1, 1, True),
        ("reported", 0, 0, True),
        ("resolved", 0, 0, False),
    ],
)
def test_an_alert_waits_for_somebody_while_nobody_acts(status: Status, planned: int, missed: int, waits: bool) -> None:
    assert Standing(status, planned, missed).waits_for_somebody is waits


def test_it_is_due_an_interval_after_it_was_told_last() -> None:
    assert told(30).due_at(NOW) == NOW - timedelta(hours=6)
    assert told(1).due_at(NOW) == NOW + timedelta(hours=23)


def test_while_somebody_acts_it_is_looked_at_an_interval_later_unless_the_receiver_forgets() -> None:
    assert told(30, Standing("acknowledged")).due_at(NOW) == NOW + DAY
    assert told(30, Standing("acknowledged"), keeps_state=True).due_at(NOW) == NOW - timedelta(hours=6)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_once_one_is_due_all_follow_that_would_be_within_half_an_interval_and_else_none(hours: list[float]) -> None:
    known = [told(each) for each in hours]
    due = [each.due_at(NOW) for each in known]
    together = due_together(due, known, NOW)
    if max(hours) < 24:
        assert not any(together)
    else:
        assert together == [at <= NOW + DAY / 2 for at in due]


@given(st.lists(st.integers(0, 47), min_size=1, max_size=8))
def test_a_group_comes_to_one_message_in_each_interval_however_its_alerts_arose(hours: list[int]) -> None:
    at, known, messages = NOW, [NOW + timedelta(hours=each) for each in hours], []
    for hour in range(24 * 8):
        at = NOW + timedelta(hours=hour)
        there = [n for n, each in enumerate(known) if each <= at]
        lasting = [Told(known[n], DAY, OPEN) for n in there]
        together = due_together([each.due_at(at) for each in lasting], lasting, at)
        for n, is_told in zip(there, together, strict=True):
            known[n] = at if is_told else known[n]
        if any(together):
            messages.append(hour)
    settled = [hour for hour in messages if hour >= 24 * 4]
    assert [later - earlier for earlier, later in pairwise(settled)] == [24] * (len(settled) - 1)


@pytest.mark.parametrize("interval", [None, SHORTEST, DAY, LONGEST])
def test_intervals_that_can_be_meant(interval: timedelta | None) -> None:
    check_interval(interval)


@pytest.mark.parametrize("interval", [timedelta(), SHORTEST - timedelta(seconds=1), LONGEST + timedelta(seconds=1)])
def test_others_are_refused(interval: timedelta) -> None:
    with pytest.raises(Invalid) as refused:
        check_interval(interval)
    assert refused.value.errors[0].pointer == "/repeat"


@pytest.mark.parametrize(
    ("sequence", "due_in_hours"),
    [
        ([], None),
        ([told(1)], 23),
        ([told(30)], 0),
        ([told(1), told(-20)], 44),
        ([told(1), told(-24)], 23),
        ([told(1), told(-30)], 23),
        ([told(1, Standing("acknowledged"))], None),
        ([told(1, Standing("acknowledged"), keeps_state=True)], 23),
        ([told(1, Standing("acknowledged")), told(-50)], 74),
        ([told(1), told(-20, Standing("reported", 1))], None),
    ],
)
def test_the_first_reminder_follows_the_last_thing_that_a_route_is_told_before(
    sequence: list[Told], due_in_hours: float | None
) -> None:
    due = None if due_in_hours is None else NOW + timedelta(hours=due_in_hours)
    assert first_reminder(sequence, NOW, lambda at: at) == due
    assert first_reminder(sequence, NOW, lambda at: None) is None
