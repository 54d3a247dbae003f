"""The states of an alert: from the moment a target lags until it has caught up. Pure.

An alert stands for one episode of one target. Events of its pace may arrive late, twice and in any order; the highest
`revision` counts, and an older one changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from services.errors import Conflict, NotFound, StaleVersion
from services.vocabulary import PaceTransition, Severity

Status: TypeAlias = Literal["open", "acknowledged", "reported", "resolved"]
ChangeKind: TypeAlias = Literal["raised", "worsened", "acknowledged", "resolved"]
Resolution: TypeAlias = Literal["caught_up", "withdrawn"]
"""What resolved an alert: its target has caught up, or is no more."""

_REASONS: dict[Resolution, str] = {
    "caught_up": "the target has caught up",
    "withdrawn": "the target was withdrawn",
}
_RANK: dict[Severity, int] = {"warning": 1, "critical": 2}


class NoSuchAlert(NotFound):
    """No alert has this id."""

    code = "no-such-alert"
    title = "There is no such alert"
    remedy = "Check the id: `GET /v1/alerts` lists them."


class AlreadyAcknowledged(Conflict):
    """Another organisation, or the same one, acknowledged the alert before."""

    code = "already-acknowledged"
    title = "The alert is acknowledged already"
    remedy = "Nothing: `detail` names who acts."


class AlreadyResolved(Conflict):
    """The target has caught up or was withdrawn: there is nothing left to act on."""

    code = "already-resolved"
    title = "The alert is resolved already"
    remedy = "Nothing: the target has caught up, or was withdrawn."


@dataclass(frozen=True, slots=True)
class Pace:
    """A transition in the pace of a target. `revision` grows with each; `severity` is the highest of the episode where
    the transition ends it. `withdrawn`: because the target is no more."""

    transition: PaceTransition
    revision: int
    severity: Severity | None
    at: datetime
    withdrawn: bool = False

    @property
    def resolution(self) -> Resolution:
        """What resolves the alert, where the transition ends the episode."""
        return "withdrawn" if self.withdrawn else "caught_up"


@dataclass(frozen=True, slots=True)
class Acknowledger:
    """Who acts on an alert: a person of an organisation, or, where nobody is named, the organisation itself."""

    organisation_code: str
    subject: str
    name: str | None = None

    def __str__(self) -> str:
        """For people to read."""
        person = self.name or self.subject
        return self.organisation_code if person == self.organisation_code else f"{person} of {self.organisation_code}"


@dataclass(frozen=True, slots=True)
class Alert:
    """`version` grows with every change and is what a caller must have seen to change the alert."""

    status: Status
    severity: Severity
    version: int
    revision: int
    raised_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: Acknowledger | None = None
    resolved_at: datetime | None = None
    resolution: Resolution | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """The alert from now on; `notify` is the kind of change that routes are notified of, or None where it is none.

    `unreported`: it ended with a severity of which no route was notified, so that those it concerns are notified of the
    end.
    """

    alert: Alert
    notify: ChangeKind | None
    reason: str
    unreported: bool = False


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The event has no effect."""

    reason: str


Decision: TypeAlias = Changed | Unchanged


def follow(alert: Alert | None, pace: Pace) -> Decision:
    """The effect of a transition in the pace on the episode's alert, if there is one yet."""
    if alert is None:
        return raise_from(pace)
    if pace.revision <= alert.revision:
        return Unchanged(f"revision {pace.revision} is not newer than {alert.revision}")
    return end(alert, pace) if pace.transition == "recovered" else worsen(alert, pace)


def raise_from(pace: Pace) -> Changed:
    """The first event of an episode. Where it is the event of its end, one notification says that it is over."""
    severity = pace.severity or "warning"
    if pace.transition == "recovered":
        raised = Alert("resolved", severity, 1, pace.revision, pace.at)
        over = replace(raised, resolved_at=pace.at, resolution=pace.resolution)
        return Changed(over, "resolved", "the episode ended before the event of its beginning arrived", unreported=True)
    return Changed(Alert("open", severity, 1, pace.revision, pace.at), "raised", "the target lags")


def worsen(alert: Alert, pace: Pace) -> Changed:
    """The target still lags: routes are notified where the severity rose, or the alert had been resolved."""
    severity = pace.severity or alert.severity
    after = replace(alert, severity=severity, version=alert.version + 1, revision=pace.revision)
    if alert.status == "resolved":
        again = Alert("open", severity, after.version, after.revision, after.raised_at)
        return Changed(again, "raised", "the target lags after all")
    if _RANK[severity] > _RANK[alert.severity]:
        return Changed(after, "worsened", f"the lag is {severity} now")
    return Changed(after, None, "the figures moved, the severity did not rise")


def end(alert: Alert, pace: Pace) -> Changed:
    """The alert's own episode is over. Its severity may have been higher, where the event of its worsening is late."""
    severity = pace.severity or alert.severity
    if alert.status == "resolved" or _RANK[severity] <= _RANK[alert.severity]:
        return recover(alert, pace)
    return replace(recover(replace(alert, severity=severity), pace), unreported=True)


def recover(alert: Alert, pace: Pace) -> Changed:
    """The target has caught up, or is no more: the alert is resolved, whatever its status was."""
    after = replace(alert, version=alert.version + 1, revision=pace.revision)
    if alert.status == "resolved":
        return Changed(after, None, "the alert was resolved already")
    resolved = replace(after, status="resolved", resolved_at=pace.at, resolution=pace.resolution)
    return Changed(resolved, "resolved", _REASONS[pace.resolution])


def acknowledge(alert: Alert, version: int, by: Acknowledger, at: datetime) -> Alert:
    """The alert, acknowledged by `by`, who has seen it at `version`.

    Raises AlreadyResolved, AlreadyAcknowledged, StaleVersion.
    """
    if alert.status == "resolved":
        because = _REASONS[alert.resolution or "caught_up"]
        raise AlreadyResolved(f"{because}; the alert was resolved at {_when(alert.resolved_at)}")
    if alert.status != "open":
        taken = f"by {alert.acknowledged_by} at {_when(alert.acknowledged_at)}"
        raise AlreadyAcknowledged(f"the alert was acknowledged {taken}; its version is {alert.version}")
    if version != alert.version:
        raise StaleVersion.of("the alert", alert.version, version)
    return replace(alert, status="acknowledged", version=version + 1, acknowledged_at=at, acknowledged_by=by)


def _when(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "a time unknown"
