"""The events of alerts that other services receive."""

from __future__ import annotations

from notifications.messages.alert_change import AlertChange
from notifications.messages.alert_event import event_of
from notifications.messages.alert_snapshot import AlertSnapshot
from services.context import Context
from services.contracts.alerts import AlertEvent


def changed(change: AlertChange, context: Context) -> AlertEvent:
    """The event of a change of which routes are notified, too."""
    correlation_id = change.correlation_id
    return event_of(change.kind, change.alert, at=change.at, time=context.now, correlation_id=correlation_id)


def acknowledged(alert: AlertSnapshot, context: Context) -> AlertEvent:
    """The event of an acknowledgement."""
    now = context.now
    return event_of("acknowledged", alert, at=now, time=now, correlation_id=context.correlation_id)
