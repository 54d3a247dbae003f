"""What is published of a sign-up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from enrolment_api.domain.enrolment import Enrolment
from services.contracts.enrolment import (
    CancelledFacts,
    EnrolmentCancelled,
    EnrolmentCorrected,
    EnrolmentEvent,
    EnrolmentFacts,
    EnrolmentRecorded,
)
from services.contracts.identities import enrolment_event_id


def recorded_event(enrolment: Enrolment, correlation_id: str) -> EnrolmentRecorded:
    """The event of its recording. Its id is the enrolment's own, so that it is the same whenever it is published."""
    return EnrolmentRecorded(
        id=enrolment.id,
        subject=str(enrolment.id),
        time=enrolment.recorded_at,
        correlationid=correlation_id,
        data=EnrolmentFacts(**_facts_of(enrolment)),
    )


def event_of(enrolment: Enrolment, time: datetime, correlation_id: str) -> EnrolmentEvent:
    """The event that says how it counts now, under the id of the version since which it does."""
    if enrolment.facts_version == 1:
        return recorded_event(enrolment, correlation_id)
    attributes: dict[str, Any] = {
        "id": enrolment_event_id(enrolment.id, enrolment.facts_version),
        "subject": str(enrolment.id),
        "time": time,
        "correlationid": correlation_id,
    }
    if enrolment.status == "cancelled":
        return EnrolmentCancelled(**attributes, data=CancelledFacts(**_facts_of(enrolment)))
    return EnrolmentCorrected(**attributes, data=EnrolmentFacts(**_facts_of(enrolment)))


def _facts_of(enrolment: Enrolment) -> Mapping[str, Any]:
    sign_up, decision = enrolment.sign_up, enrolment.decision
    return {
        "enrolment_id": enrolment.id,
        "organisation_code": sign_up.organisation_code,
        "collector_code": sign_up.collector_code,
        "unit_code": sign_up.unit_code,
        "scheme": sign_up.scheme,
        "kind": decision.kind,
        "signed_on": sign_up.signed_on,
        "months": sign_up.months,
        "covered_from": decision.covered_from,
        "covered_to": decision.covered_to,
        "amount_paid": sign_up.amount_paid,
        "channel": sign_up.channel,
        "campaign_code": sign_up.campaign_code,
        "version": enrolment.facts_version,
    }
