"""What the pace of a target makes of its alert. Pure.

Events of its pace may arrive late, twice and in any order; the highest `revision` counts, and an older one changes
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

from notifications.domain.alert import RANK, Alert, Changed, Decision, Resolution, Status, Unchanged
from services.vocabulary import PaceTransition, Severity

PaceResolution: TypeAlias = Literal["caught_up", "withdrawn"]
"""What resolves an alert without anybody."""

REASONS: Final[dict[Resolution, str]] = {
    "caught_up": "the target has caught up",
    "withdrawn": "the target was withdrawn",
    "by_hand": "somebody ended the alert",
}


@dataclass(frozen=True, slots=True)
class Pace:
    """A transition in the pace of a target. `revision` grows with each; `severity` is the highest of the episode where
    the transition ends it. `withdrawn`: because the target is no more.

    `report_due_at`: by when a report is due, where the transition raises an alert. `heard_at`: when it became known
    here, which may be long after `at`."""

    transition: PaceTransition
    revision: int
    severity: Severity | None
    at: datetime
    withdrawn: bool = False
    report_due_at: datetime | None = None
    heard_at: datetime | None = None

    @property
    def nobody_acts_since(self) -> datetime:
        """Since when somebody could act on what the transition raises, and nobody does."""
        return max(self.at, self.heard_at or self.at)

    @property
    def resolution(self) -> PaceResolution:
        """What resolves the alert, where the transition ends the episode."""
        return "withdrawn" if self.withdrawn else "caught_up"


def follow(alert: Alert | None, pace: Pace) -> Decision:
    """The effect of a transition in the pace on the episode's alert, if there is one yet."""
    if alert is None:
        return raise_from(pace)
    if pace.revision <= alert.revision:
        return Unchanged(f"revision {pace.revision} is not newer than {alert.revision}")
    if pace.transition == "recovered":
        return end(alert, pace)
    return lag_again(alert, pace) if alert.status == "resolved" else worsen(alert, pace)


def raise_from(pace: Pace) -> Changed:
    """The first event of an episode. Where it is the event of its end, one notification says that it is over."""
    if pace.transition == "recovered":
        why = "the episode ended before the event of its beginning arrived"
        return Changed(_over(pace), "resolved", "resolved", why, unreported=True)
    begun = _begun("open", pace)
    raised = replace(begun, report_due_at=pace.report_due_at, unacknowledged_since=pace.nobody_acts_since)
    return Changed(raised, "raised", "raised", "the target lags")


def find_over(pace: Pace) -> Changed:
    """The first event of an episode that comes once a later one has begun: there is nothing to act on, and nobody is
    notified; the alert is a part of what became of the target."""
    why = "the target has fallen behind another time since"
    return Changed(_over(pace), "resolved", "resolved", why, notify=False)


def worsen(alert: Alert, pace: Pace) -> Changed:
    """The target still lags: routes are notified where the severity rose. Whoever acts goes on acting."""
    after = _with_facts(alert, pace)
    if RANK[after.severity] > RANK[alert.severity]:
        return Changed(after, "worsened", "worsened", f"the lag is {after.severity} now")
    return Changed(after, "updated", None, "the figures moved, the severity did not rise")


def lag_again(alert: Alert, pace: Pace) -> Changed:
    """The target lags after the alert was resolved: it is raised again. One that was ended by hand, while the target
    lagged, is raised again only where the severity has risen: what is no graver was known then."""
    after = _with_facts(alert, pace)
    if alert.resolution == "by_hand" and RANK[after.severity] <= RANK[alert.severity]:
        return Changed(after, "updated", None, "the alert was ended by hand, the severity did not rise since")
    return Changed(_raised_again(after, pace), "reopened", "raised", "the target lags after all")


def end(alert: Alert, pace: Pace) -> Changed:
    """The alert's own episode is over. Its severity may have been higher, where the event of its worsening is late."""
    severity = pace.severity or alert.severity
    if alert.status == "resolved" or RANK[severity] <= RANK[alert.severity]:
        return recover(alert, pace)
    return replace(recover(replace(alert, severity=severity), pace), unreported=True)


def recover(alert: Alert, pace: Pace) -> Changed:
    """The target has caught up, or is no more: the alert is resolved, whatever its status was."""
    after = replace(alert, version=alert.version + 1, revision=pace.revision)
    if alert.status == "resolved":
        return Changed(after, "updated", None, "the alert was resolved already")
    resolved = replace(
        after, status="resolved", unacknowledged_since=None, resolved_at=pace.at, resolution=pace.resolution
    )
    return Changed(resolved, "resolved", "resolved", REASONS[pace.resolution])


def _over(pace: Pace) -> Alert:
    return replace(_begun("resolved", pace), resolved_at=pace.at, resolution=pace.resolution)


def _begun(status: Status, pace: Pace) -> Alert:
    return Alert(status, pace.severity or "warning", 1, pace.revision, pace.at)


def _with_facts(alert: Alert, pace: Pace) -> Alert:
    severity = pace.severity or alert.severity
    return replace(alert, severity=severity, version=alert.version + 1, revision=pace.revision)


def _raised_again(alert: Alert, pace: Pace) -> Alert:
    """As when it was raised; its last report stays, until another one takes its place."""
    begun = Alert("open", alert.severity, alert.version, alert.revision, alert.raised_at)
    since = pace.nobody_acts_since
    return replace(begun, report_due_at=pace.report_due_at, unacknowledged_since=since, report=alert.report)
