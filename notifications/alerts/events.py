"""The events of alerts that other services receive."""

from __future__ import annotations

from notifications.messages.alert_change import AlertChange
from notifications.messages.alert_event import event_of
from services.context import Context
from services.contracts.alerts import AlertEvent


def changed(change: AlertChange, context: Context) -> AlertEvent:
    """The event of a change of which routes are notified, too."""
    correlation_id = change.correlation_id
    return event_of(change.kind, change.alert, at=change.at, time=context.at, correlation_id=correlation_id)
