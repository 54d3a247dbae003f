"""The body of a sign-up, as pydantic models, and its way into the domain."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from enrolment_api.domain import identifiers
from enrolment_api.domain.contribution import HealthGroup, VoluntaryGroup
from enrolment_api.domain.sign_up import Participant, SignUp

MOST_ITEMS = 1000
LARGEST_AMOUNT = 10**12

VISIBLE = r"^[^\p{C}\p{Zl}\p{Zp}]+$"
CODE = r"^[A-Za-z0-9._-]+$"
Word: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=VISIBLE)]
Code: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CODE)]
Amount: TypeAlias = Annotated[int, Field(ge=0, le=LARGEST_AMOUNT)]


class Body(BaseModel):
    """Nothing is guessed: a number in quotes is a mistake, and so is a field that does not exist."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class ParticipantBody(Body):
    """The person who is signed up."""

    full_name: Annotated[str, Field(max_length=400), AfterValidator(identifiers.personal_name)]
    born_on: date
    sex: identifiers.Sex
    personal_id: Annotated[str, Field(max_length=40), AfterValidator(identifiers.personal_id)]
    social_insurance_code: (
        Annotated[str, Field(max_length=40), AfterValidator(identifiers.social_insurance_code)] | None
    ) = None
    phone: Annotated[str, Field(max_length=40), AfterValidator(identifiers.mobile)] | None = None


class HouseholdBody(Body):
    """Which household, and the how-manieth of its members who pays."""

    code: Word
    member_no: Annotated[int, Field(ge=1, le=50)]


class _SignUpBody(Body):
    external_ref: Word
    unit_code: Code
    collector_code: Code
    signed_on: date
    months: Annotated[int, Field(ge=1, le=60)]
    amount_paid: Amount
    receipt_no: Word | None = None
    participant: ParticipantBody
    channel: Code | None = None
    campaign_code: Code | None = None


_PERSON: dict[str, Any] = {
    "full_name": "Nguyễn Văn An",
    "born_on": "1980-02-03",
    "sex": "male",
    "personal_id": "038080012345",
}
_SIGN_UP: dict[str, Any] = {
    "external_ref": "CT-0001",
    "unit_code": "15142",
    "collector_code": "CT-07",
    "signed_on": "2025-10-25",
    "months": 12,
    "receipt_no": "C45-000123",
    "participant": _PERSON,
    "support_group": "none",
    "channel": "launch_day",
}
HEALTH_EXAMPLE: dict[str, Any] = _SIGN_UP | {
    "scheme": "household_health",
    "amount_paid": 1263600,
    "household": {"code": "15142-HH-0042", "member_no": 1},
}
VOLUNTARY_EXAMPLE: dict[str, Any] = _SIGN_UP | {
    "scheme": "voluntary_social",
    "external_ref": "CT-0002",
    "amount_paid": 3168000,
    "monthly_income": 1500000,
}


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


SignUpBody: TypeAlias = Annotated[HealthSignUp | VoluntarySignUp, Field(discriminator="scheme")]
Items: TypeAlias = Annotated[list[SignUpBody], Field(min_length=1, max_length=MOST_ITEMS)]


class Batch(Body):
    """Up to 1,000 sign-ups."""

    items: Items


class EnrolmentQuery(BaseModel):
    """Which sign-ups to list; `after` is the `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    unit_code: Code | None = None
    collector_code: Code | None = None
    external_ref: Word | None = None
    signed_from: date | None = None
    signed_to: date | None = None
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


def fingerprint_of(body: HealthSignUp | VoluntarySignUp) -> bytes:
    """Tells whether two bodies say the same, whatever their spacing or the order of their fields.

    Fields that are not there leave no trace, so that a field added later changes no fingerprint of before.
    """
    return sha256(body.__pydantic_serializer__.to_json(body, exclude_none=True)).digest()


def sign_up_of(body: HealthSignUp | VoluntarySignUp, organisation_code: str) -> SignUp:
    """The body as a sign-up of the organisation that handed it in."""
    person = body.participant
    household = body.household if isinstance(body, HealthSignUp) else None
    return SignUp(
        organisation_code,
        body.external_ref,
        body.scheme,
        body.unit_code,
        body.collector_code,
        body.signed_on,
        body.months,
        body.amount_paid,
        body.receipt_no,
        Participant(
            person.full_name,
            person.born_on,
            person.sex,
            person.personal_id,
            person.social_insurance_code,
            person.phone,
        ),
        household.code if household else None,
        household.member_no if household else None,
        body.monthly_income if isinstance(body, VoluntarySignUp) else None,
        body.support_group,
        body.channel,
        body.campaign_code,
    )
