"""When a receiver is left alone, and when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.delivery import JITTER, Outcome, Refused, Retry, Sent, Unconfirmed
from notifications.domain.receiver import (
    FAILURES_TO_PAUSE,
    MOST_PROBES,
    PATIENCE,
    PROBE_DELAYS,
    UNKNOWN,
    Rate,
    Receiver,
    ReceiverState,
    state_of,
)

NOW = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
AWAY = Retry("no answer within 20 s")
OUTCOMES = st.sampled_from(
    [
        Sent(),
        AWAY,
        Retry("422", fault="message"),
        Retry("stopped", fault="sender"),
        Refused("no"),
        Unconfirmed("?"),
    ]
)


def away(times: int) -> Receiver:
    """One that was away so often in a row."""
    receiver = UNKNOWN
    for _ in range(times):
        receiver = receiver.after(AWAY, NOW)
    return receiver


@given(st.lists(OUTCOMES, max_size=30))
def test_failures_are_those_at_the_end_for_which_it_was_away(outcomes: list[Outcome]) -> None:
    receiver = UNKNOWN
    for outcome in outcomes:
        receiver = receiver.after(outcome, NOW)
    told = [each for each in outcomes if not (isinstance(each, Retry) and each.fault == "sender")]
    in_a_row = 0
    while in_a_row < len(told) and told[-1 - in_a_row] == AWAY:
        in_a_row += 1
    assert receiver.failures == in_a_row
    assert (receiver.failing_since is not None) == bool(told and not isinstance(told[-1], Sent))


def test_it_fails_since_its_first_failure_and_no_longer_once_it_takes_something() -> None:
    later = NOW + timedelta(hours=1)
    failing = UNKNOWN.after(Refused("HTTP 301"), NOW).after(AWAY, later)
    assert (failing.failing_since, failing.last_error, failing.last_error_at) == (NOW, AWAY.reason, later)
    works = failing.after(Sent(), later)
    assert (works.failing_since, works.failures, works.last_success_at, works.last_error) == (
        None,
        0,
        later,
        AWAY.reason,
    )


@pytest.mark.parametrize("failures", range(FAILURES_TO_PAUSE))
def test_a_few_failures_pause_nothing(failures: int) -> None:
    assert away(failures).left_alone(NOW, None, 0.5) == (away(failures), None)


@given(probes=st.integers(0, 50), chance=st.floats(0, 1))
def test_the_waits_between_probes_grow_and_vary_by_a_fifth(probes: int, chance: float) -> None:
    receiver = Receiver(failures=FAILURES_TO_PAUSE, probes=probes)
    left, until = receiver.left_alone(NOW, None, chance)
    delay = PROBE_DELAYS[min(probes, len(PROBE_DELAYS) - 1)]
    assert until is not None
    assert delay * (1 - JITTER) <= until - NOW <= delay * (1 + JITTER)
    assert left.probes == probes + 1


def test_attempts_that_had_begun_before_do_not_prolong_the_wait() -> None:
    receiver = away(FAILURES_TO_PAUSE + 3)
    assert receiver.left_alone(NOW, NOW + timedelta(seconds=1), 0.5) == (receiver, None)
    assert receiver.left_alone(NOW, NOW, 0.5)[1] is not None


def test_a_message_is_given_up_only_after_three_days_and_many_probes_since_it_was_queued() -> None:
    receiver = Receiver(failures=300, probes=MOST_PROBES, failing_since=NOW)
    over = NOW + PATIENCE
    assert receiver.is_given_up(NOW - timedelta(days=9), over)
    assert not receiver.is_given_up(NOW - timedelta(days=9), over - timedelta(seconds=1))
    assert not receiver.is_given_up(NOW + timedelta(seconds=1), over)
    assert not Receiver(failures=300, probes=MOST_PROBES - 1, failing_since=NOW).is_given_up(NOW, over)
    assert not UNKNOWN.is_given_up(NOW, over)


@pytest.mark.parametrize(
    ("receiver", "disabled_at", "paused_until", "state"),
    [
        (UNKNOWN, None, None, "untried"),
        (UNKNOWN.after(Sent(), NOW), None, None, "ok"),
        (UNKNOWN.after(AWAY, NOW), None, NOW, "failing"),
        (UNKNOWN.after(Sent(), NOW), None, NOW + timedelta(seconds=1), "paused"),
        (away(9), NOW, NOW + timedelta(seconds=1), "disabled"),
    ],
)
def test_a_receiver_is_shown_by_what_keeps_messages_from_it(
    receiver: Receiver, disabled_at: datetime | None, paused_until: datetime | None, state: ReceiverState
) -> None:
    assert state_of(receiver, NOW, disabled_at=disabled_at, paused_until=paused_until) == state


@given(st.integers(1, 60_000))
def test_a_rate_allows_a_tenth_at_once_and_at_least_one(per_minute: int) -> None:
    rate = Rate(per_minute)
    assert rate.burst == max(1, per_minute / 10)
    assert rate.per_second * 60 == pytest.approx(per_minute)
