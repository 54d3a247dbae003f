"""The body of a sign-up, and what it becomes in the domain."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field

from enrolment_api.domain import identifiers
from enrolment_api.domain.sign_up import Participant, SignUp
from enrolment_api.domain.terms import Payment
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from services.web.fields import (
    PUBLISHED_VISIBLE,
    Code,
    CollectorCode,
    Day,
    RequestBody,
    Text,
    UnitCode,
)

LARGEST_AMOUNT = 10**12


Amount: TypeAlias = Annotated[
    int,
    Field(ge=0, le=LARGEST_AMOUNT, description="Whole VND", examples=[1263600], json_schema_extra={"format": "int64"}),
]
"""Whole VND."""
Months: TypeAlias = Annotated[int, Field(ge=1, le=60, json_schema_extra={"format": "int32"})]
SupportGroup: TypeAlias = Annotated[
    Code,
    Field(
        description="What the state supports it for: a group of the rates, as shipped `none`, `near_poor`,"
        " `average_living_farm` of household health insurance, `none`, `poor`, `island_commune`, `near_poor`,"
        " `ethnic_minority` of voluntary social insurance",
        examples=["none"],
    ),
]
PaidFor: TypeAlias = Annotated[
    Payment,
    Field(
        description="What is paid for: `regular`, months that come, as where it is left out; `missing`, time that is"
        " missing for a pension, with interest",
        examples=["regular"],
    ),
]
_BLANK = "[ .-]*"
"""What may stand between the digits of an identifier."""


def _digits(first: str, more: int) -> str:
    """The pattern of an identifier, for the document: how it begins, then so many digits."""
    return f"^{_BLANK}{first}(?:[0-9]{_BLANK}){{{more}}}$"


def _typed(pattern: str, description: str, example: str) -> Any:
    """A field that is brought to its normal form; `pattern` says for the document what is taken."""
    return Field(max_length=40, description=description, examples=[example], json_schema_extra={"pattern": pattern})


PersonalId: TypeAlias = Annotated[
    str,
    _typed(
        _digits("", 12), "Personal ID (số định danh): 12 digits; blanks, dots and hyphens are removed", "038080012345"
    ),
    AfterValidator(identifiers.personal_id),
]
InsuranceCode: TypeAlias = Annotated[
    str,
    _typed(_digits("", 10), "Social-insurance code of before the personal ID: 10 digits", "3820012345"),
    AfterValidator(identifiers.social_insurance_code),
]
Mobile: TypeAlias = Annotated[
    str,
    _typed(_digits(rf"(?:0|\+{_BLANK}8{_BLANK}4){_BLANK}[35789]{_BLANK}", 8), "Vietnamese mobile number", "0912345678"),
    AfterValidator(identifiers.mobile),
]
PersonalName: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        max_length=400,
        description="Full name, with letters; up to 120 characters without the blanks that are too many",
        examples=["Nguyễn Văn An"],
        json_schema_extra={"pattern": PUBLISHED_VISIBLE},
    ),
    AfterValidator(identifiers.personal_name),
]


Channel: TypeAlias = Literal[
    "conference", "group_talk", "home_visit", "launch_day", "social_media", "community_group", "web_portal"
]
"""How the participant was reached."""


class ParticipantBody(RequestBody):
    """The person who is signed up."""

    full_name: PersonalName
    born_on: Day = Field(description="Day of birth", examples=["1980-02-03"])
    sex: identifiers.Sex = Field(description="As on the citizen's card", examples=["male"])
    personal_id: PersonalId
    social_insurance_code: InsuranceCode | None = None
    phone: Mobile | None = None


class HouseholdBody(RequestBody):
    """Which household, and the ordinal number of the member who pays."""

    code: Text = Field(description="Your own code of the household", examples=["15142-HH-0042"])
    member_no: Annotated[int, Field(ge=1, le=50, json_schema_extra={"format": "int32"})] = Field(
        description="Which of its members pays; decides on the amount", examples=[1]
    )


class _SignUpBody(RequestBody):
    external_ref: Text = Field(
        description="Your own number of the sign-up, unique in your organisation for ever", examples=["CT-0001"]
    )
    unit_code: UnitCode = Field(description="Code of the commune or village where the person lives")
    collector_code: CollectorCode = Field(description="Code of one of your collectors")
    signed_on: Day = Field(description="The day of the sign-up, today at the latest", examples=["2025-10-25"])
    months: Months = Field(description="For how many months is paid", examples=[12])
    amount_paid: Amount = Field(description="What was paid, in whole VND: what is payable")
    receipt_no: Text | None = Field(None, description="Number of the receipt", examples=["C45-000123"])
    participant: ParticipantBody = Field(description="The person who is signed up")
    channel: Channel | None = Field(None, description="How the person was reached", examples=["launch_day"])
    campaign_code: Code | None = Field(None, description="Code of the campaign", examples=["LAUNCH-15142"])


class HealthSignUp(_SignUpBody):
    """Household health insurance."""

    scheme: Literal["household_health"] = Field(description="Household health insurance")
    household: HouseholdBody = Field(description="The household that joins together")
    support_group: SupportGroup = "none"


class VoluntarySignUp(_SignUpBody):
    """Voluntary social insurance."""

    scheme: Literal["voluntary_social"] = Field(description="Voluntary social insurance")
    monthly_income: Amount = Field(description="The income to be insured, in whole VND a month", examples=[1500000])
    support_group: SupportGroup = "none"
    payment: PaidFor | None = None


AnySignUp: TypeAlias = HealthSignUp | VoluntarySignUp


SignUpBody: TypeAlias = Annotated[
    AnySignUp, Field(discriminator="scheme", title="SignUp", description="A sign-up, by its scheme.")
]


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
        payment=body.payment if isinstance(body, VoluntarySignUp) else None,
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
