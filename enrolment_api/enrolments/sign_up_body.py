"""The body of a sign-up, and what it becomes in the domain."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from enrolment_api.domain import identifiers
from enrolment_api.domain.contribution import HealthGroup, VoluntaryGroup
from enrolment_api.domain.sign_up import Participant, SignUp
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from services.web.fields import Code, Day, RequestBody, Text

LARGEST_AMOUNT = 10**12


Amount: TypeAlias = Annotated[int, Field(ge=0, le=LARGEST_AMOUNT)]
"""Whole VND."""


Channel: TypeAlias = Literal[
    "conference", "group_talk", "home_visit", "launch_day", "social_media", "community_group", "web_portal"
]
"""How the participant was reached."""


class ParticipantBody(RequestBody):
    """The person who is signed up."""

    full_name: Annotated[str, Field(max_length=400), AfterValidator(identifiers.personal_name)]
    born_on: Annotated[Day, AfterValidator(identifiers.birth_date)]
    sex: identifiers.Sex
    personal_id: Annotated[str, Field(max_length=40), AfterValidator(identifiers.personal_id)]
    social_insurance_code: (
        Annotated[str, Field(max_length=40), AfterValidator(identifiers.social_insurance_code)] | None
    ) = None
    phone: Annotated[str, Field(max_length=40), AfterValidator(identifiers.mobile)] | None = None


class HouseholdBody(RequestBody):
    """Which household, and the ordinal number of the member who pays."""

    code: Text
    member_no: Annotated[int, Field(ge=1, le=50)]


class _SignUpBody(RequestBody):
    external_ref: Text
    unit_code: Code
    collector_code: Code
    signed_on: Day
    months: Annotated[int, Field(ge=1, le=60)]
    amount_paid: Amount
    receipt_no: Text | None = None
    participant: ParticipantBody
    channel: Channel | None = None
    campaign_code: Code | None = None


class HealthSignUp(_SignUpBody):
    """Household health insurance."""

    scheme: Literal["household_health"]
    household: HouseholdBody
    support_group: HealthGroup = "none"


class VoluntarySignUp(_SignUpBody):
    """Voluntary social insurance."""

    scheme: Literal["voluntary_social"]
    monthly_income: Amount
    support_group: VoluntaryGroup = "none"


AnySignUp: TypeAlias = HealthSignUp | VoluntarySignUp


SignUpBody: TypeAlias = Annotated[AnySignUp, Field(discriminator="scheme")]


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
