"""From the body of a sign-up into the domain."""

from __future__ import annotations

from hashlib import sha256

from enrolment_api.domain.sign_up import Participant, SignUp
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.enrolments.schemas import AnySignUp, HealthSignUp, ParticipantBody, VoluntarySignUp


def request_of(body: AnySignUp, organisation_code: str, key: str | None, correlation_id: str) -> EnrolmentRequest:
    """The body as a request of the organisation to record its sign-up."""
    return EnrolmentRequest(sign_up_of(body, organisation_code), fingerprint_of(body), key, correlation_id)


def fingerprint_of(body: AnySignUp) -> bytes:
    """The same for two bodies that say the same, whatever their spacing or the order of their fields.

    Fields that are absent leave no trace, so that a field added later changes no fingerprint of before.
    """
    return sha256(body.__pydantic_serializer__.to_json(body, exclude_none=True)).digest()


def sign_up_of(body: AnySignUp, organisation_code: str) -> SignUp:
    """The body as a sign-up of the organisation that sent it."""
    household = body.household if isinstance(body, HealthSignUp) else None
    return SignUp(
        organisation_code=organisation_code,
        external_ref=body.external_ref,
        scheme=body.scheme,
        unit_code=body.unit_code,
        collector_code=body.collector_code,
        signed_on=body.signed_on,
        months=body.months,
        amount_paid=body.amount_paid,
        receipt_no=body.receipt_no,
        participant=_participant_of(body.participant),
        household_code=household.code if household else None,
        member_no=household.member_no if household else None,
        monthly_income=body.monthly_income if isinstance(body, VoluntarySignUp) else None,
        support_group=body.support_group,
        channel=body.channel,
        campaign_code=body.campaign_code,
    )


def _participant_of(body: ParticipantBody) -> Participant:
    return Participant(
        full_name=body.full_name,
        born_on=body.born_on,
        sex=body.sex,
        personal_id=body.personal_id,
        social_insurance_code=body.social_insurance_code,
        phone=body.phone,
    )
