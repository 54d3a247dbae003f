"""How deliveries go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifications.domain.delivery import (
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
    assert next_step(outcome, attempts, NOW) == step


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
