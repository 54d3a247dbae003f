"""The states of a delivery, the outcomes of an attempt to send it, and when the next attempt follows. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, assert_never

from services.errors import Conflict, NotFound

State: TypeAlias = Literal["pending", "sending", "sent", "failed", "unconfirmed", "superseded"]
"""`superseded`: a newer delivery of the same alert to the same route was queued before this one was sent, or it is of
the end of an alert that the route was not told of; or a newer digest of the same name was queued."""

RETRY_DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=10),
    timedelta(seconds=15),
    timedelta(seconds=20),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""After each failed attempt; about three days in all, so that a receiver may be down over a week-end."""
JITTER = 0.2
"""Each delay is up to so much of it shorter or longer, by chance, so that what failed together does not come together
again (Standard Webhooks, "Deliverability and reliability": exponential backoff with random jitter). A part of the
delay, not all of it ("full jitter"): what is documented stays true, and the three days are three days."""
_ANSWER = re.compile(r".*?SMTP \d{3}")
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+")
LONGEST_WAIT = timedelta(days=7)
"""A receiver that asks for more (Retry-After) is called again after this."""


Fault: TypeAlias = Literal["receiver", "message", "sender"]


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiver has accepted it."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """It was not accepted, and may be later. `after` is the wait that the receiver asked for, for all of its route.

    `fault`: the receiver is away or fails; or it answers, and does not take this message; or the sender has not tried.
    """

    reason: str
    after: timedelta | None = None
    fault: Fault = "receiver"


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be accepted. `gone`: this receiver accepts no message any more."""

    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """It is unknown whether it was accepted; only a person may decide to send it again."""

    reason: str


Outcome: TypeAlias = Sent | Retry | Refused | Unconfirmed
OutcomeName: TypeAlias = Literal["sent", "retry", "refused", "unconfirmed"]


@dataclass(frozen=True, slots=True)
class Step:
    """The next state of a delivery; `next_attempt_at` is set where it is pending."""

    state: State
    error: str | None = None
    next_attempt_at: datetime | None = None


class NoSuchDelivery(NotFound):
    """There is no delivery with this id."""

    code = "no-such-delivery"
    title = "There is no such delivery"
    remedy = "Check the id: `GET /v1/deliveries` lists them."


class NotRetriable(Conflict):
    """Sending this once more would repeat a message, or cannot work."""

    code = "not-retriable"
    title = "The delivery cannot be sent again"
    remedy = "Nothing, if it was sent; else do what `detail` says."


def next_step(
    outcome: Outcome, attempts: int, now: datetime, *, early: int = 0, chance: float, is_last: bool = False
) -> Step:
    """The step after attempt number `attempts` (1 is the first), of which some were `early`. `chance` is a random
    number from 0 to 1. `is_last`: no other attempt follows a failure.

    Early attempts use up no delay: a message that is refused while others are accepted still has its three days.

    A wait that the receiver asked for belongs to the route, not to the delivery: it ends when the route is put again.
    """
    match outcome:
        case Sent():
            return Step("sent")
        case Retry(reason) if is_last:
            return _given_up(reason, attempts)
        case Retry(reason):
            return _again(reason, attempts, now, early, chance)
        case Refused(reason):
            return Step("failed", reason)
        case Unconfirmed(reason):
            return Step("unconfirmed", reason)
        case _:
            assert_never(outcome)


def _again(reason: str, attempts: int, now: datetime, early: int, chance: float) -> Step:
    on_schedule = attempts - early
    if on_schedule > len(RETRY_DELAYS):
        return _given_up(reason, attempts)
    return Step("pending", reason, now + jittered(RETRY_DELAYS[on_schedule - 1], chance))


def _given_up(reason: str, attempts: int) -> Step:
    return Step("failed", f"given up after {attempts} attempts: {reason}")


def jittered(delay: timedelta, chance: float) -> timedelta:
    """The delay as it is waited for: shorter or longer by at most JITTER of it. `chance` is from 0 to 1."""
    return delay * (1 - JITTER + 2 * JITTER * chance)


def pause_of(after: timedelta | None) -> timedelta:
    """How long a receiver that asked for a wait is not called; zero where it asked for none."""
    return max(timedelta(), min(after or timedelta(), LONGEST_WAIT))


def name_of(outcome: Outcome) -> OutcomeName:
    """The outcome's name in the list of attempts."""
    match outcome:
        case Sent():
            return "sent"
        case Retry():
            return "retry"
        case Refused():
            return "refused"
        case Unconfirmed():
            return "unconfirmed"
        case _:
            assert_never(outcome)


def detail_of(outcome: Outcome) -> str:
    """What happened, for a person to read."""
    return outcome.detail if isinstance(outcome, Sent) else outcome.reason


def shown_reason(detail: str) -> str:
    """What may be in a log: without the words of a mail server and without addresses, which may be somebody's."""
    said = _ANSWER.match(detail)
    return _ADDRESS.sub("…", said[0] if said else detail)


def of_interruption(*, repeatable: bool) -> Outcome:
    """The outcome of an attempt whose sender stopped before its end.

    `repeatable`: a receiver of this channel recognises a repeated message, so that it may be sent again.
    """
    reason = "the sender stopped in mid-send"
    return Retry(reason, fault="sender") if repeatable else Unconfirmed(f"{reason}; the message may have gone out")


def check_retriable(state: State, *, has_route: bool, has_newer: bool) -> None:
    """Raises NotRetriable where a person's request to send the delivery now cannot or must not be followed."""
    if state == "sending":
        raise NotRetriable("it is being sent just now: look again in a minute")
    if state == "sent":
        raise NotRetriable("it was sent and accepted; sending it again would repeat it")
    if has_newer:
        raise NotRetriable(
            "a newer delivery of the same alert to the same route, or a newer digest, has overtaken it: retry that"
        )
    if state == "superseded":
        raise NotRetriable("the alert began and ended before the route was told of it: there is nothing to send")
    if not has_route:
        raise NotRetriable("its route was removed or disabled: put the route again first")
