"""What people and the passing of time make of an alert; what its target does is in `pace`. Pure.

open → acknowledged, which times out without a report → reported → resolved. Whoever changes an alert has seen its
`version`; the clock has not, and finds what is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from notifications.domain.alert import (
    Alert,
    AlreadyAcknowledged,
    AlreadyResolved,
    Changed,
    Decision,
    Person,
    Report,
    Unchanged,
)
from notifications.domain.pace import REASONS
from notifications.domain.report import Settled
from services.errors import StaleVersion


def acknowledge(alert: Alert, version: int, by: Person, at: datetime, until: datetime | None = None) -> Changed:
    """The alert, acknowledged by `by`, who has seen it at `version`; it is open again at `until`, if nothing was
    reported by then.

    Raises AlreadyResolved, AlreadyAcknowledged, StaleVersion.
    """
    _check_unresolved(alert)
    if alert.status != "open":
        taken = f"by {alert.acknowledged_by} at {_when(alert.acknowledged_at)}"
        raise AlreadyAcknowledged(f"the alert was acknowledged {taken}; its version is {alert.version}")
    check_change(alert, version)
    after = replace(
        _next(alert),
        status="acknowledged",
        acknowledged_at=at,
        acknowledged_by=by,
        acknowledged_until=until,
        unacknowledged_since=None,
    )
    return Changed(after, "acknowledged", "acknowledged", "somebody acts on it")


def report(alert: Alert, version: int, report: Report, by: Person, at: datetime) -> Changed:
    """The alert, with what was reported; another report takes the place of the one before. Who reports what nobody has
    acknowledged acts on it. Raises AlreadyResolved, StaleVersion."""
    check_change(alert, version)
    after = replace(
        _next(alert),
        status="reported",
        acknowledged_at=alert.acknowledged_at or at,
        acknowledged_by=alert.acknowledged_by or by,
        acknowledged_until=None,
        unacknowledged_since=None,
        reported_at=at,
        reported_by=by,
        report=report,
    )
    return Changed(after, "reported", "reported", "causes and remedies were reported")


def settle(alert: Alert, version: int, n: int, state: Settled, report: Report) -> Changed:
    """The alert, of which somebody says that remedy `n` was done, missed or dropped: `report` is in short what there is
    now. Only one that was missed is told to routes. Raises AlreadyResolved, StaleVersion."""
    check_change(alert, version)
    return _settled(alert, n, state, report)


def miss(alert: Alert, n: int, report: Report) -> Decision:
    """The day of the planned remedy `n` is over, and nobody has said that it was done."""
    if alert.status == "resolved":
        return Unchanged("the alert is resolved")
    return _settled(alert, n, "missed", report)


def resolve(alert: Alert, version: int, reason: str, by: Person, at: datetime) -> Changed:
    """The alert, ended by hand, whether its target lags or not. Raises AlreadyResolved, StaleVersion."""
    check_change(alert, version)
    after = replace(
        _next(alert),
        status="resolved",
        unacknowledged_since=None,
        resolved_at=at,
        resolved_by=by,
        resolution="by_hand",
        resolution_reason=reason,
    )
    return Changed(after, "resolved", "resolved", REASONS["by_hand"])


def time_out(alert: Alert, at: datetime) -> Decision:
    """An acknowledgement whose time is over without a report: the alert is open again."""
    if alert.status != "acknowledged":
        return Unchanged(f"the alert is {alert.status}")
    if alert.acknowledged_until is None or at < alert.acknowledged_until:
        return Unchanged("the acknowledgement still holds")
    after = replace(
        _next(alert),
        status="open",
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledged_until=None,
        unacknowledged_since=alert.acknowledged_until,
    )
    return Changed(after, "timed_out", "timed_out", "it was acknowledged, and nothing was reported in time")


def find_overdue(alert: Alert, at: datetime) -> Decision:
    """A report that is due and has not come. Nothing of the alert changes by it, so its version stays."""
    if alert.status not in ("open", "acknowledged"):
        return Unchanged(f"the alert is {alert.status}")
    if alert.overdue_since or alert.report_due_at is None or at < alert.report_due_at:
        return Unchanged("no report is overdue, or that is known")
    after = replace(alert, overdue_since=alert.report_due_at)
    return Changed(after, "report_overdue", None, "no report has come in time")


def escalate(alert: Alert, reason: str, routes: tuple[str, ...] = ()) -> Decision:
    """One level higher, of which these routes are notified; when that is due is in `escalation`."""
    if alert.status == "resolved":
        return Unchanged("the alert is resolved")
    after = replace(_next(alert), level=alert.level + 1)
    return Changed(after, "escalated", "escalated", f"level {after.level}: {reason}", routes=routes)


def next_deadline(alert: Alert, end_of: Callable[[date], datetime]) -> datetime | None:
    """When the clock has to look at the alert next; None where it need not. `end_of` is the last instant of a day."""
    if alert.status == "resolved":
        return None
    is_unreported = alert.status != "reported"
    remedy_due_on = alert.report.next_due_on if alert.report else None
    times = (
        alert.acknowledged_until if alert.status == "acknowledged" else None,
        alert.report_due_at if is_unreported and not alert.overdue_since else None,
        end_of(remedy_due_on) if remedy_due_on else None,
    )
    return min(filter(None, times), default=None)


def _settled(alert: Alert, n: int, state: Settled, report: Report) -> Changed:
    after = replace(_next(alert), report=report)
    match state:
        case "done":
            return Changed(after, "remedy_done", "reported", f"remedy {n} was done", notify=False)
        case "dropped":
            return Changed(after, "remedy_dropped", "reported", f"remedy {n} was dropped", notify=False)
        case "missed":
            return Changed(after, "remedy_missed", "remedy_missed", f"remedy {n} was not done in time")


def _next(alert: Alert) -> Alert:
    return replace(alert, version=alert.version + 1)


def check_change(alert: Alert, version: int) -> None:
    """Raises AlreadyResolved, or StaleVersion where the alert is at another version than its author has seen."""
    _check_unresolved(alert)
    if version != alert.version:
        raise StaleVersion.of("the alert", alert.version, version)


def _check_unresolved(alert: Alert) -> None:
    if alert.status == "resolved":
        because = REASONS[alert.resolution or "caught_up"]
        raise AlreadyResolved(f"{because}; the alert was resolved at {_when(alert.resolved_at)}")


def _when(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "a time unknown"
