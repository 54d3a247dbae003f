"""How a delivery goes on after each attempt to send it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, assert_never

from services.errors import Conflict

Channel: TypeAlias = Literal["webhook", "mail"]
State: TypeAlias = Literal["pending", "sending", "sent", "failed", "unconfirmed", "superseded"]
"""`superseded`: overtaken by a newer delivery of the same alert to the same route before it was sent."""

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
SmtpCommand: TypeAlias = Literal["connect", "MAIL", "RCPT", "DATA", "text"]
"""How far a conversation with a mail server came. `connect` holds the greeting, EHLO, STARTTLS and AUTH."""
_ABOUT_THE_SESSION = frozenset({500, 502, 503, 504, 530, 534, 535, 538})
"""Not understood, out of sequence; authentication required, too weak, failed, to be encrypted."""
LONGEST_WAIT = timedelta(days=7)
"""A receiver that asks for more (Retry-After) is called again after this."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiver has taken it."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """It was not taken, and may be later. `after` is the wait that the receiver asked for, for all of its route."""

    reason: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken. `gone` means that this receiver wants nothing any more."""

    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Nobody can tell whether it was taken; only a person may decide to send it again."""

    reason: str


Outcome: TypeAlias = Sent | Retry | Refused | Unconfirmed


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a delivery; `next_attempt_at` stands where it is pending."""

    state: State
    error: str | None = None
    next_attempt_at: datetime | None = None


class NotRetriable(Conflict):
    """Sending this once more would tell somebody twice."""

    code = "not-retriable"
    title = "The delivery cannot be sent again"


def next_step(outcome: Outcome, attempts: int, now: datetime, *, early: int = 0) -> Step:
    """How it goes on after the outcome of attempt number `attempts` (1 is the first), of which some were `early`.

    Those use up no delay: a message that is refused while others are taken still has its three days.

    A wait that the receiver asked for is the route's, not the delivery's: it ends for all where the route is put anew.
    """
    match outcome:
        case Sent():
            return Step("sent")
        case Retry(reason):
            return _again(reason, attempts, now, early)
        case Refused(reason):
            return Step("failed", reason)
        case Unconfirmed(reason):
            return Step("unconfirmed", reason)
        case _:
            assert_never(outcome)


def _again(reason: str, attempts: int, now: datetime, early: int) -> Step:
    on_schedule = attempts - early
    if on_schedule > len(RETRY_DELAYS):
        return Step("failed", f"given up after {attempts} attempts: {reason}")
    return Step("pending", reason, now + RETRY_DELAYS[on_schedule - 1])


def pause_of(after: timedelta | None) -> timedelta:
    """How long a receiver that asked for a wait is left alone; zero where it asked for none."""
    return max(timedelta(), min(after or timedelta(), LONGEST_WAIT))


def name_of(outcome: Outcome) -> str:
    """The word for it in the list of attempts."""
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
    """What happened, in words."""
    return outcome.detail if isinstance(outcome, Sent) else outcome.reason


def of_http_answer(status: int, retry_after: timedelta | None = None) -> Outcome:
    """What a webhook's answer means (Standard Webhooks, "Deliverability and reliability").

    A redirect is refused, since it could lead anywhere. 410 disables the route. Every other status than 2xx is tried
    again, 4xx too: most of them are mended on the receiver's side within days (a wrong key, a route not deployed yet).
    """
    if 200 <= status < 300:
        return Sent(f"HTTP {status}")
    if 300 <= status < 400:
        return Refused(f"HTTP {status}: redirects are not followed; give the address it leads to")
    if status == 410:
        return Refused("HTTP 410: the receiver is gone", gone=True)
    return Retry(f"HTTP {status}", retry_after)


def of_smtp_answer(command: SmtpCommand, code: int, message: str) -> Outcome:
    """What a mail server's refusal of a command means (RFC 5321, 4.2).

    5yz is for good, but only where it is about this mail: an answer to RCPT, DATA or the text. One that comes before,
    asks for a login (RFC 4954) or says that the command is not understood is about the session, and may be mended.
    What is neither a yes nor a no after the text leaves open whether it was taken.
    """
    reason = f"{command}: SMTP {code}: {message}"
    if command == "text" and not 400 <= code < 600:
        return of_smtp_silence(command, reason)
    about_the_mail = command in ("RCPT", "DATA", "text") and code not in _ABOUT_THE_SESSION
    return Refused(reason) if 500 <= code < 600 and about_the_mail else Retry(reason)


def of_smtp_silence(command: SmtpCommand, what: str) -> Outcome:
    """What it means that no answer came to a command: the server may have taken a mail whose text was on its way."""
    if command == "text":
        return Unconfirmed(f"no answer after the text was sent ({what}): the mail may have gone out")
    return Retry(f"{command}: no answer: {what}")


def of_interruption(channel: Channel) -> Outcome:
    """What is known of an attempt whose sender died on the way.

    A webhook is sent again under the same id, by which its receiver knows a repeat. A mail cannot be un-sent.
    """
    reason = "the sender stopped in mid-send"
    return Retry(reason) if channel == "webhook" else Unconfirmed(f"{reason}; the mail may have gone out")


def check_retriable(state: State, *, has_route: bool, has_newer: bool) -> None:
    """A person wants the delivery sent (again) now. Raises NotRetriable where that cannot or must not be."""
    if state == "sending":
        raise NotRetriable("it is being sent just now: look again in a minute")
    if state == "sent":
        raise NotRetriable("it was sent and taken; sending it again would tell the receiver twice")
    if has_newer:
        raise NotRetriable("a newer delivery of the same alert to the same route has overtaken it: retry that one")
    if not has_route:
        raise NotRetriable("its route was removed or disabled: put the route again first")
