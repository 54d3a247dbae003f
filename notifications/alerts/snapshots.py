"""An alert as it is shown, of its row."""

from __future__ import annotations

from notifications.domain.alert import Acknowledger
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.tables.alerts import AlertRow


def acknowledger_of(row: AlertRow) -> Acknowledger | None:
    """Who acts on the alert; the version before wrote the organisation alone."""
    if (code := row.acknowledged_by) is None:
        return None
    return Acknowledger(code, row.acknowledged_subject or code, row.acknowledged_name)


def snapshot_of(row: AlertRow) -> AlertSnapshot:
    """The alert at this version."""
    return AlertSnapshot.model_validate(row.model_dump() | {"acknowledged_by": acknowledger_of(row)})
