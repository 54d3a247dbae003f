"""How deliveries go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.delivery import (
    JITTER,
    LONGEST_WAIT,
    RETRY_DELAYS,
    NotRetriable,
    Outcome,
    Refused,
    Retry,
    Sent,
    State,
    Step,
    Unconfirmed,
    check_retriable,
    next_step,
    of_interruption,
    pause_of,
    shown_reason,
)

NOW = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("outcome", "attempts", "step"),
    [
        (Sent(), 1, Step("sent")),
        (Refused("no"), 1, Step("failed", "no")),
        (Unconfirmed("unknown"), 1, Step("unconfirmed", "unknown")),
        (Retry("busy"), 1, Step("pending", "busy", NOW + timedelta(seconds=5))),
        (Retry("busy"), 17, Step("pending", "busy", NOW + timedelta(hours=24))),
        (Retry("busy"), 18, Step("failed", "given up after 18 attempts: busy")),
        (Retry("busy"), 20, Step("failed", "given up after 20 attempts: busy")),
        (Retry("busy", after=MINUTE), 1, Step("pending", "busy", NOW + timedelta(seconds=5))),
    ],
)
def test_an_outcome_leads_to_a_step(outcome: Outcome, attempts: int, step: Step) -> None:
    assert next_step(outcome, attempts, NOW, chance=0.5) == step


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (None, timedelta()),
        (timedelta(days=-1), timedelta()),
        (MINUTE, MINUTE),
        (timedelta(days=9), LONGEST_WAIT),
    ],
)
def test_a_receiver_is_left_alone_for_as_long_as_it_asks_up_to_the_longest_wait(
    asked: timedelta | None, pause: timedelta
) -> None:
    assert pause_of(asked) == pause


def test_retries_grow_over_about_three_days() -> None:
    assert list(RETRY_DELAYS) == sorted(RETRY_DELAYS)
    assert timedelta(days=3) <= sum(RETRY_DELAYS, timedelta()) <= timedelta(days=3.5)


@given(attempts=st.integers(1, len(RETRY_DELAYS)), chance=st.floats(0, 1))
def test_every_delay_is_up_to_a_fifth_shorter_or_longer_by_chance(attempts: int, chance: float) -> None:
    due = next_step(Retry("busy"), attempts, NOW, chance=chance).next_attempt_at
    assert due is not None
    documented = RETRY_DELAYS[attempts - 1]
    assert documented * (1 - JITTER) <= due - NOW <= documented * (1 + JITTER)


def test_the_whole_range_of_delays_is_used() -> None:
    waits = [next_step(Retry("busy"), 1, NOW, chance=chance).next_attempt_at for chance in (0, 0.25, 0.5, 0.75, 1)]
    assert waits == [NOW + timedelta(seconds=wait) for wait in (4, 4.5, 5, 5.5, 6)]


@given(st.lists(st.floats(0, 1), min_size=len(RETRY_DELAYS), max_size=len(RETRY_DELAYS)))
def test_whatever_chance_brings_a_message_is_tried_for_two_and_a_half_days_and_less_than_four(
    chances: list[float],
) -> None:
    at = NOW
    for attempt, chance in enumerate(chances, start=1):
        due = next_step(Retry("busy"), attempt, at, chance=chance).next_attempt_at
        assert due is not None
        at = due
    assert timedelta(days=2.5) <= at - NOW < timedelta(days=4)
    assert next_step(Retry("busy"), len(chances) + 1, at, chance=chances[0]).state == "failed"


def test_an_interrupted_attempt_is_repeated_only_where_receivers_recognise_a_repeat() -> None:
    assert isinstance(of_interruption(repeatable=True), Retry)
    assert isinstance(of_interruption(repeatable=False), Unconfirmed)


@pytest.mark.parametrize("state", ["pending", "failed", "unconfirmed"])
def test_what_was_not_taken_may_be_sent_again(state: State) -> None:
    check_retriable(state, has_route=True, has_newer=False)
    with pytest.raises(NotRetriable, match="route"):
        check_retriable(state, has_route=False, has_newer=False)


@pytest.mark.parametrize("state", ["pending", "failed", "unconfirmed", "superseded"])
def test_what_a_newer_delivery_has_overtaken_may_not(state: State) -> None:
    with pytest.raises(NotRetriable, match="newer"):
        check_retriable(state, has_route=True, has_newer=True)


@pytest.mark.parametrize("state", ["sending", "sent"])
def test_what_was_taken_or_is_under_way_may_not(state: State) -> None:
    with pytest.raises(NotRetriable):
        check_retriable(state, has_route=True, has_newer=False)


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("RCPT: SMTP 450: mailbox of Nguyễn Văn An <an@example.org> is full", "RCPT: SMTP 450"),
        (
            "no answer after the text was sent (text: SMTP 999: an@example.org): it may",
            "no answer after the text was sent (text: SMTP 999",
        ),
        ("connect: no answer: [Errno 111] Connect call failed", "connect: no answer: [Errno 111] Connect call failed"),
        ("HTTP 503", "HTTP 503"),
        ("Cannot call https://hooks.example.org/secret-part now", "Cannot call … now"),
        ("an@example.org is unknown", "… is unknown"),
    ],
)
def test_a_reason_in_the_log_has_no_words_of_a_mail_server_and_no_address(detail: str, shown: str) -> None:
    assert shown_reason(detail) == shown
