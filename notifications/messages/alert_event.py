"""The event of an alert's change: the same for the broker and for webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias

from notifications.domain.alert import ChangeKind
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import OutgoingMessage
from services.contracts.alerts import (
    AlertAcknowledged,
    AlertEvent,
    AlertFacts,
    AlertRaised,
    AlertResolved,
    AlertWorsened,
)
from services.contracts.identities import alert_event_id

EventKind: TypeAlias = ChangeKind | Literal["acknowledged"]
_EVENTS: Final[Mapping[EventKind, type[AlertEvent]]] = {
    "raised": AlertRaised,
    "worsened": AlertWorsened,
    "acknowledged": AlertAcknowledged,
    "resolved": AlertResolved,
}
_SHARED: Final = AlertFacts.model_fields.keys() & AlertSnapshot.model_fields.keys()


def event_of(kind: EventKind, alert: AlertSnapshot, *, at: datetime, time: datetime, correlation_id: str) -> AlertEvent:
    """The event of a change that came about at `at` and was noted at `time`, with the alert right after it."""
    return _EVENTS[kind](
        id=alert_event_id(alert.id, alert.version),
        subject=str(alert.id),
        time=time,
        correlationid=correlation_id,
        data=AlertFacts(alert_id=alert.id, at=at, **{name: getattr(alert, name) for name in _SHARED}),
    )


def event_of_message(message: OutgoingMessage) -> AlertEvent:
    """The event that the message tells of. What the version before stored has neither time nor correlation id."""
    alert = message.alert
    return event_of(
        message.change,
        alert,
        at=alert.changed_at or message.queued_at,
        time=message.queued_at,
        correlation_id=alert.correlation_id or str(alert.id),
    )
