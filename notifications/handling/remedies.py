"""Rows of causes and remedies, and the rules on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from notifications.domain.report import Cause, Plan, Remedy
from notifications.tables.reports import AlertCauseRow, AlertRemedyRow


def remedy_of(row: AlertRemedyRow) -> Remedy:
    """As the rules take it."""
    return Remedy(row.n, row.due_on, row.state, row.note)


def save(rows: Sequence[AlertRemedyRow], remedies: Sequence[Remedy], at: datetime) -> list[AlertRemedyRow]:
    """The rows whose remedies are another state by now, changed to it."""
    changed = [(row, remedy) for row, remedy in zip(rows, remedies, strict=True) if row.state != remedy.state]
    return [
        row.sqlmodel_update({"state": remedy.state, "note": remedy.note, "settled_at": at}) for row, remedy in changed
    ]


def cause_rows(alert_id: UUID, version: int, causes: Sequence[Cause]) -> list[AlertCauseRow]:
    """The causes of a report, which makes this version of the alert."""
    return [
        AlertCauseRow(alert_id=alert_id, version=version, place=place, code=cause.code, note=cause.note)
        for place, cause in enumerate(causes)
    ]


def remedy_rows(alert_id: UUID, version: int, plans: Sequence[Plan], added: Sequence[Remedy]) -> list[AlertRemedyRow]:
    """The remedies of a report, which makes this version of the alert."""
    return [
        AlertRemedyRow(
            alert_id=alert_id,
            n=remedy.n,
            version=version,
            what=plan.what,
            who=plan.who,
            due_on=plan.due_on,
            state=remedy.state,
        )
        for plan, remedy in zip(plans, added, strict=True)
    ]
