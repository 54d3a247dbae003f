"""The event of an alert's change: the same for the broker and for webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from notifications.domain.alert import ChangeKind
from notifications.messages.alert_snapshot import AlertSnapshot, ShownPerson
from notifications.messages.outgoing_message import Notice
from services.contracts.alerts import (
    AcknowledgedBy,
    AlertAcknowledged,
    AlertEscalated,
    AlertEvent,
    AlertFacts,
    AlertRaised,
    AlertReminded,
    AlertReported,
    AlertResolved,
    AlertWorsened,
    ReportFacts,
)
from services.contracts.identities import alert_event_id, reminder_event_id

_EVENTS: Final[Mapping[ChangeKind, type[AlertEvent]]] = {
    "raised": AlertRaised,
    "worsened": AlertWorsened,
    "acknowledged": AlertAcknowledged,
    "timed_out": AlertRaised,
    "reported": AlertReported,
    "remedy_missed": AlertReported,
    "escalated": AlertEscalated,
    "resolved": AlertResolved,
}
"""An alert whose acknowledgement timed out is raised again; what became of a remedy is part of the report."""
_PERSONS: Final = frozenset({"acknowledged_by", "reported_by", "resolved_by"})
_SHARED: Final = (AlertFacts.model_fields.keys() & AlertSnapshot.model_fields.keys()) - _PERSONS - {"report"}


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
    shared = {name: getattr(alert, name) for name in _SHARED}
    persons = {name: _without_name(getattr(alert, name)) for name in _PERSONS}
    report = ReportFacts(**alert.report.model_dump()) if alert.report else None
    return AlertFacts(alert_id=alert.id, at=at, report=report, **persons, **shared)


def _without_name(person: ShownPerson | None) -> AcknowledgedBy | None:
    """Of who acts the id and the organisation, since a name is personal data."""
    return AcknowledgedBy(subject=person.subject, organisation_code=person.organisation_code) if person else None


def event_of_notice(notice: Notice) -> AlertEvent | AlertReminded:
    """The event that the notice tells of. What the version before stored has neither time nor correlation id."""
    alert, time = notice.alert, notice.queued_at
    at, correlation_id = alert.changed_at or time, alert.correlation_id or str(alert.id)
    if notice.change == "reminded":
        return AlertReminded(
            id=reminder_event_id(alert.id, time),
            subject=str(alert.id),
            time=time,
            correlationid=correlation_id,
            data=_facts_of(alert, at),
        )
    return event_of(notice.change, alert, at=at, time=time, correlation_id=correlation_id)
