"""The events of alerts that other services receive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from notifications.domain.alert import ChangeKind
from notifications.messages.alert_change import AlertChange
from notifications.messages.alert_snapshot import AlertSnapshot
from services.context import Context
from services.contracts.alerts import AlertAcknowledged, AlertFacts, AlertRaised, AlertResolved
from services.ids import new_id

_EVENTS: Mapping[ChangeKind, type[AlertRaised | AlertResolved]] = {"raised": AlertRaised, "resolved": AlertResolved}
"""A worsened alert has no event of its own."""


def events_of(change: AlertChange, context: Context) -> list[AlertRaised | AlertResolved]:
    """The event of the change, where there is one for its kind."""
    event = _EVENTS.get(change.kind)
    if event is None:
        return []
    facts = _facts_of(change.alert, change.at)
    subject = str(change.alert.id)
    return [event(id=new_id(), subject=subject, time=context.now, correlationid=change.correlation_id, data=facts)]


def acknowledged(alert: AlertSnapshot, context: Context) -> AlertAcknowledged:
    """The event of an acknowledgement."""
    return AlertAcknowledged(
        id=new_id(),
        subject=str(alert.id),
        time=context.now,
        correlationid=context.correlation_id,
        data=_facts_of(alert, context.now),
    )


def _facts_of(alert: AlertSnapshot, at: datetime) -> AlertFacts:
    return AlertFacts(
        alert_id=alert.id,
        target_id=alert.target_id,
        version=alert.version,
        status=alert.status,
        severity=alert.severity,
        subject=alert.subject,
        at=at,
    )
