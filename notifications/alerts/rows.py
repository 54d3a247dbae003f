"""How a row holds the state of an alert."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from notifications.alerts.due import end_of
from notifications.alerts.snapshots import acknowledger_of, resolution_of
from notifications.domain.alert import Alert, Person, Report
from notifications.domain.life import next_deadline
from notifications.tables.alerts import AlertRow
from services.contracts.pace import PaceFacts
from services.ids import new_id

_SAME: Final = (
    "status",
    "severity",
    "version",
    "raised_at",
    "report_due_at",
    "level",
    "acknowledged_at",
    "acknowledged_until",
    "overdue_since",
    "reported_at",
    "resolved_at",
    "resolution_reason",
)
"""Fields of the state that have a column of the same name and value."""


def state_of(row: AlertRow) -> Alert:
    """The state of the alert, as the rules take it."""
    same = {name: getattr(row, name) for name in _SAME}
    return Alert(
        **same,
        revision=row.last_revision,
        unacknowledged_since=_unacknowledged_since(row),
        acknowledged_by=acknowledger_of(row),
        reported_by=_person(row.reported_by),
        report=_report(row.report),
        resolved_by=_person(row.resolved_by),
        resolution=resolution_of(row),
    )


def with_state(row: AlertRow, alert: Alert) -> AlertRow:
    """The row, changed to this state."""
    return row.sqlmodel_update(_state_values(alert) | _next_escalation(row, alert))


def with_facts(row: AlertRow, alert: Alert, facts: PaceFacts) -> AlertRow:
    """The row, changed to this state and the latest facts; a unit that lies elsewhere now may have another chain."""
    has_moved = row.path != list(facts.path)
    next_look = {"next_escalation_at": alert.unacknowledged_since} if has_moved else _next_escalation(row, alert)
    return row.sqlmodel_update(_state_values(alert) | next_look | _fact_values(facts))


def new_row(alert: Alert, facts: PaceFacts, previous_id: UUID | None) -> AlertRow:
    """The row of a new alert. `previous_id` is the alert of the episode before."""
    values = _state_values(alert) | _fact_values(facts)
    return AlertRow(
        id=new_id(),
        target_id=facts.target_id,
        episode=facts.episode,
        previous_id=previous_id,
        next_escalation_at=alert.unacknowledged_since,
        **values,
    )


def _state_values(alert: Alert) -> dict[str, Any]:
    by = alert.acknowledged_by
    return {
        **{name: getattr(alert, name) for name in _SAME},
        "last_revision": alert.revision,
        "unacknowledged_since": alert.unacknowledged_since,
        "acknowledged_by": by and by.organisation_code,
        "acknowledged_subject": by and by.subject,
        "acknowledged_name": by and by.name,
        "reported_by": alert.reported_by and asdict(alert.reported_by),
        "report": alert.report and _stored(alert.report),
        "resolved_by": alert.resolved_by and asdict(alert.resolved_by),
        "resolution": None if alert.resolution == "by_hand" else alert.resolution,
        "next_deadline_at": next_deadline(alert, end_of),
    }


def _next_escalation(row: AlertRow, alert: Alert) -> dict[str, Any]:
    """At once, where the step that is due next is another one: when that is due is found by whoever knows the chain."""
    same = row.level == alert.level and row.unacknowledged_since == alert.unacknowledged_since
    return {"next_escalation_at": row.next_escalation_at if same else alert.unacknowledged_since}


def _unacknowledged_since(row: AlertRow) -> datetime | None:
    """What the version before has raised has none."""
    return (row.unacknowledged_since or row.raised_at) if row.status == "open" else None


def _person(stored: dict[str, Any] | None) -> Person | None:
    return Person(**stored) if stored else None


def _report(stored: dict[str, Any] | None) -> Report | None:
    if not stored:
        return None
    due = stored["next_due_on"]
    return Report(**stored | {"causes": tuple(stored["causes"]), "next_due_on": due and date.fromisoformat(due)})


def _stored(report: Report) -> dict[str, Any]:
    due = report.next_due_on
    return asdict(report) | {"causes": list(report.causes), "next_due_on": due and due.isoformat()}


def _fact_values(facts: PaceFacts) -> dict[str, Any]:
    plain = facts.model_dump(include={"unit_name", "target_name", "scheme", "measure", "starts_on", "ends_on"})
    return plain | {
        "subject": asdict(facts.scope),
        "owner": facts.organisations[0] if facts.organisations else facts.scope.organisation_code,
        "path": list(facts.path),
        "figures": facts.figures.model_dump(mode="json"),
    }
