"""The event of an alert's change: the same for the broker and for webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from notifications.domain.alert import ChangeKind
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import Notice
from services.contracts.alerts import (
    AcknowledgedBy,
    AlertAcknowledged,
    AlertEvent,
    AlertFacts,
    AlertRaised,
    AlertResolved,
    AlertWorsened,
)
from services.contracts.identities import alert_event_id

_EVENTS: Final[Mapping[ChangeKind, type[AlertEvent]]] = {
    "raised": AlertRaised,
    "worsened": AlertWorsened,
    "acknowledged": AlertAcknowledged,
    "resolved": AlertResolved,
}
_SHARED: Final = (AlertFacts.model_fields.keys() & AlertSnapshot.model_fields.keys()) - {"acknowledged_by"}


def event_of(
    kind: ChangeKind, alert: AlertSnapshot, *, at: datetime, time: datetime, correlation_id: str
) -> AlertEvent:
    """The event of a change that came about at `at` and was noted at `time`, with the alert right after it."""
    return _EVENTS[kind](
        id=alert_event_id(alert.id, alert.version),
        subject=str(alert.id),
        time=time,
        correlationid=correlation_id,
        data=_facts_of(alert, at),
    )


def _facts_of(alert: AlertSnapshot, at: datetime) -> AlertFacts:
    """Of who acts the id and the organisation, since a name is personal data."""
    by = alert.acknowledged_by
    who = AcknowledgedBy(subject=by.subject, organisation_code=by.organisation_code) if by else None
    shared = {name: getattr(alert, name) for name in _SHARED}
    return AlertFacts(alert_id=alert.id, at=at, acknowledged_by=who, **shared)


def event_of_notice(notice: Notice) -> AlertEvent:
    """The event that the notice tells of. What the version before stored has neither time nor correlation id."""
    alert = notice.alert
    return event_of(
        notice.change,
        alert,
        at=alert.changed_at or notice.queued_at,
        time=notice.queued_at,
        correlation_id=alert.correlation_id or str(alert.id),
    )
