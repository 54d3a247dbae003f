"""Silences: for a time, nobody is notified of the alerts that they match. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from notifications.domain.recipients import Concern
from services.errors import FieldError, Invalid, NotFound
from services.vocabulary import Scheme, Severity

LONGEST: Final = timedelta(days=90)
State: TypeAlias = Literal["pending", "active", "expired", "ended"]
"""`expired`: its time is over; `ended`: somebody has ended it before."""


class NoSuchSilence(NotFound):
    """There is no silence of this name."""

    code = "no-such-silence"
    title = "There is no such silence"
    remedy = "Check the name: `GET /v1/silences` lists them."


@dataclass(frozen=True, slots=True)
class Silence:
    """It matches alerts for which all of its conditions hold; None leaves a condition open. From `starts_at`
    (included) to `ends_at` (excluded), unless somebody ended it at `ended_at`.

    `under` is the code of the alert's unit or of one above it, `organisation_code` that of its organisation or of one
    above, the same in whatever case.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    under: str | None = None
    organisation_code: str | None = None
    scheme: Scheme | None = None
    severity: Severity | None = None
    ended_at: datetime | None = None

    def state(self, at: datetime) -> State:
        """What it is at that time."""
        if self.ended_at is not None:
            return "ended"
        return "pending" if at < self.starts_at else "active" if at < self.ends_at else "expired"

    def matches(self, alert: Concern) -> bool:
        """Whether all of its conditions hold for the alert, at whatever time."""
        organisations = {code.upper() for code in alert.organisations}
        return (
            (self.under is None or self.under in alert.path)
            and (self.organisation_code is None or self.organisation_code.upper() in organisations)
            and self.scheme in (None, alert.scheme)
            and self.severity in (None, alert.severity)
        )


def check_silence(silence: Silence, now: datetime) -> None:
    """Raises Invalid where the silence is over before it begins, is too long, or matches every alert there is."""
    conditions = (silence.under, silence.organisation_code, silence.scheme, silence.severity)
    begins = max(silence.starts_at, now)
    wrong = (
        (silence.ends_at <= silence.starts_at, "/ends_at", "give a time after `starts_at`"),
        (silence.ends_at <= now, "/ends_at", f"give a time to come: it is {now.isoformat(timespec='seconds')} now"),
        (
            silence.ends_at - begins > LONGEST,
            "/ends_at",
            f"give at most {LONGEST.days} days after the begin; put it again to prolong it",
        ),
        (
            not any(conditions),
            "/under",
            "give `under`, `organisation_code`, `scheme` or `severity`: a silence of everything hides what goes wrong",
        ),
    )
    found = [FieldError(pointer, detail) for is_wrong, pointer, detail in wrong if is_wrong]
    if errors := tuple({error.pointer: error for error in reversed(found)}.values())[::-1]:
        raise Invalid("; ".join(error.detail for error in errors), errors)


def active_for(silences: Iterable[Silence], alert: Concern, at: datetime) -> list[Silence]:
    """Those that hush the alert at that time."""
    return [silence for silence in silences if silence.state(at) == "active" and silence.matches(alert)]
