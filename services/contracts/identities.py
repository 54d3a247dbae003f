"""Event ids derived from the content of an event, so that it can be published again under the same id.

The id of a recorded sign-up's event is the enrolment's own.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from services.vocabulary import RegistryKind

_NAMESPACE = UUID("5f0f6a3e-7c55-5d8e-9a55-64726976650a")


def registry_event_id(kind: RegistryKind, code: str, version: int) -> UUID:
    """The id of the event of this version of an entry."""
    return uuid5(_NAMESPACE, f"registry/{kind}/{version}/{code}")


def pace_event_id(target_id: UUID, revision: int) -> UUID:
    """The id of the event of this transition of a target's pace."""
    return uuid5(_NAMESPACE, f"pace/{target_id}/{revision}")


def alert_event_id(alert_id: UUID, version: int) -> UUID:
    """The id of the event of this change of an alert: the same at the broker and in every webhook."""
    return uuid5(_NAMESPACE, f"alert/{alert_id}/{version}")


def reminder_event_id(alert_id: UUID, at: datetime) -> UUID:
    """The id of the event by which webhooks are reminded of an alert at that time."""
    return uuid5(_NAMESPACE, f"reminder/{alert_id}/{at.isoformat()}")


def enrolment_event_id(enrolment_id: UUID, version: int) -> UUID:
    """The id of the event since which the enrolment is as it is: of the first version, the enrolment's own."""
    return enrolment_id if version == 1 else uuid5(_NAMESPACE, f"enrolment/{enrolment_id}/{version}")
