"""An alert: a person's job, from the moment a target lags until it has caught up.

An alert stands for one episode of one target. What happened to the pace may be heard late, twice or in any order; the
highest `revision` is the truth, and whatever is older changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from services.errors import Conflict, FieldError
from services.vocabulary import Severity

Status: TypeAlias = Literal["open", "acknowledged", "reported", "resolved"]
PaceTransition: TypeAlias = Literal["fell_behind", "worsened", "recovered"]
ChangeKind: TypeAlias = Literal["raised", "worsened", "resolved"]

_GRAVITY: dict[Severity, int] = {"warning": 1, "critical": 2}


class StaleVersion(Conflict):
    """The alert has changed since the caller last read it."""

    code = "stale-version"
    title = "The alert has changed in the meantime"


class AlreadyAcknowledged(Conflict):
    """Somebody has taken the alert on before."""

    code = "already-acknowledged"
    title = "The alert is acknowledged already"


class AlreadyResolved(Conflict):
    """There is nothing left to act on."""

    code = "already-resolved"
    title = "The alert is resolved already"


@dataclass(frozen=True, slots=True)
class Pace:
    """A transition in the pace of a target. `revision` grows with each; `severity` is the gravest of the episode where
    the transition ends it."""

    transition: PaceTransition
    revision: int
    severity: Severity | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """`version` grows with every change and is what a caller must have seen to change the alert."""

    status: Status
    severity: Severity
    version: int
    revision: int
    raised_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """The alert as it is from now on; `tell` is what those concerned are to hear, or None where it is no news.

    `unreported`: it ended with a severity that nobody was notified of, so that those who should have been are notified
    of the end.
    """

    alert: Alert
    tell: ChangeKind | None
    because: str
    unreported: bool = False


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What was heard alters nothing."""

    because: str


Decision: TypeAlias = Changed | Unchanged


def follow(alert: Alert | None, pace: Pace) -> Decision:
    """What a transition in the pace makes of the episode's alert, if there is one yet."""
    if alert is None:
        return raise_from(pace)
    if pace.revision <= alert.revision:
        return Unchanged(f"revision {pace.revision} is no news after {alert.revision}")
    return end(alert, pace) if pace.transition == "recovered" else worsen(alert, pace)


def raise_from(pace: Pace) -> Changed:
    """The first that is heard of an episode; where that is its end, nothing is to be done, and that is told once."""
    severity = pace.severity or "warning"
    if pace.transition == "recovered":
        over = Alert("resolved", severity, 1, pace.revision, pace.at, resolved_at=pace.at)
        return Changed(over, "resolved", "it was over before its beginning was heard of", unreported=True)
    return Changed(Alert("open", severity, 1, pace.revision, pace.at), "raised", "the target lags")


def worsen(alert: Alert, pace: Pace) -> Changed:
    """The target goes on lagging: told where it lags more gravely, or lags again after it was said to be over."""
    severity = pace.severity or alert.severity
    after = replace(alert, severity=severity, version=alert.version + 1, revision=pace.revision)
    if alert.status == "resolved":
        again = replace(after, status="open", acknowledged_at=None, acknowledged_by=None, resolved_at=None)
        return Changed(again, "raised", "the target lags after all")
    if _GRAVITY[severity] > _GRAVITY[alert.severity]:
        return Changed(after, "worsened", f"the lag is {severity} now")
    return Changed(after, None, "the figures moved, the severity did not rise")


def end(alert: Alert, pace: Pace) -> Changed:
    """The alert's own episode is over. It may have been graver than was heard, where its worsening is late."""
    severity = pace.severity or alert.severity
    if alert.status == "resolved" or _GRAVITY[severity] <= _GRAVITY[alert.severity]:
        return recover(alert, pace)
    return replace(recover(replace(alert, severity=severity), pace), unreported=True)


def recover(alert: Alert, pace: Pace) -> Changed:
    """The target has caught up: the alert is resolved, whatever its status was."""
    after = replace(alert, version=alert.version + 1, revision=pace.revision)
    if alert.status == "resolved":
        return Changed(after, None, "it was resolved already")
    return Changed(replace(after, status="resolved", resolved_at=pace.at), "resolved", "the target has caught up")


def acknowledge(alert: Alert, version: int, by: str, at: datetime) -> Alert:
    """`by` (an organisation) takes the alert on, having seen it at `version`.

    Raises AlreadyResolved, AlreadyAcknowledged, StaleVersion.
    """
    if alert.status == "resolved":
        raise AlreadyResolved(f"the target has caught up; the alert was resolved at {_when(alert.resolved_at)}")
    if alert.status != "open":
        taken = f"by {alert.acknowledged_by} at {_when(alert.acknowledged_at)}"
        raise AlreadyAcknowledged(f"the alert was acknowledged {taken}; its version is {alert.version}")
    if version != alert.version:
        detail = f"the alert is at version {alert.version}, not {version}: read it again, then decide anew"
        raise StaleVersion(detail, (FieldError("/version", detail),))
    return replace(alert, status="acknowledged", version=version + 1, acknowledged_at=at, acknowledged_by=by)


def _when(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "a time unknown"
