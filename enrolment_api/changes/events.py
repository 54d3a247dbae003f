"""What is published of a change."""

from __future__ import annotations

from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.enrolments.events import event_of
from services.context import Context
from services.contracts.enrolment import EnrolmentStatusChanged, StatusFacts
from services.contracts.envelope import Event
from services.contracts.identities import enrolment_event_id


def changed_event(enrolment: Enrolment, context: Context) -> Event:
    """That it counts differently now, or else that its status is another."""
    if enrolment.facts_version == enrolment.version:
        return event_of(enrolment, context.at, context.correlation_id)
    facts = StatusFacts(
        enrolment_id=enrolment.id,
        organisation_code=enrolment.sign_up.organisation_code,
        version=enrolment.version,
        status=enrolment.status,
    )
    return EnrolmentStatusChanged(
        id=enrolment_event_id(enrolment.id, enrolment.version),
        subject=str(enrolment.id),
        time=context.at,
        correlationid=context.correlation_id,
        data=facts,
    )
