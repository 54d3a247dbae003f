"""An alert as it is shown, of its row."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog
from pydantic import ValidationError

from notifications.deliveries.claims import fields_of
from notifications.domain.alert import Person, Resolution
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.tables.alerts import AlertRow
from services.errors import Unreadable

log = structlog.get_logger(__name__)

PUT_OFF: Final = timedelta(hours=1)
"""After what the clock looks again at an alert that cannot be read."""


def acknowledger_of(row: AlertRow) -> Person | None:
    """Who acts on the alert; the version before wrote the organisation alone."""
    if (code := row.acknowledged_by) is None:
        return None
    return Person(code, row.acknowledged_subject or code, row.acknowledged_name)


def resolution_of(row: AlertRow) -> Resolution | None:
    """What resolved the alert; an end by hand is stored as the person alone, since the version before knows none."""
    return "by_hand" if row.resolved_by else row.resolution


def snapshot_of(row: AlertRow) -> AlertSnapshot:
    """The alert at this version. Raises Unreadable, which is logged."""
    given = {"acknowledged_by": acknowledger_of(row), "resolution": resolution_of(row)}
    try:
        return AlertSnapshot.model_validate(row.model_dump(warnings=False) | given)
    except ValidationError as error:
        fields = fields_of(error)
        log.error("alert_unreadable", alert_id=str(row.id), fields=fields)
        raise Unreadable(f"the alert {row.id} cannot be read: {fields}") from error


def readable(row: AlertRow) -> AlertSnapshot | None:
    """The alert at this version; None where its row cannot be read, which is logged: whoever shows or does something
    for many passes over this one, so that it holds up no other."""
    try:
        return snapshot_of(row)
    except Unreadable:
        return None
