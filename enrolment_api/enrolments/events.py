"""What is published of a sign-up."""

from __future__ import annotations

from enrolment_api.domain.enrolment import Enrolment
from services.contracts.enrolment import EnrolmentFacts, EnrolmentRecorded


def recorded_event(enrolment: Enrolment, correlation_id: str) -> EnrolmentRecorded:
    """The event of its recording. Its id is the enrolment's own, so that it is the same whenever it is published."""
    sign_up, decision = enrolment.sign_up, enrolment.decision
    facts = EnrolmentFacts(
        enrolment_id=enrolment.id,
        organisation_code=sign_up.organisation_code,
        collector_code=sign_up.collector_code,
        unit_code=sign_up.unit_code,
        scheme=sign_up.scheme,
        kind=decision.kind,
        signed_on=sign_up.signed_on,
        months=sign_up.months,
        covered_from=decision.covered_from,
        covered_to=decision.covered_to,
        amount_paid=sign_up.amount_paid,
        channel=sign_up.channel,
        campaign_code=sign_up.campaign_code,
    )
    return EnrolmentRecorded(
        id=enrolment.id,
        subject=str(enrolment.id),
        time=enrolment.recorded_at,
        correlationid=correlation_id,
        data=facts,
    )
