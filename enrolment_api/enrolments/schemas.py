"""Bodies, queries and answers of sign-ups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import core_schema

from enrolment_api.domain import identifiers
from enrolment_api.domain.contribution import HealthGroup, VoluntaryGroup
from services.vocabulary import Kind, Scheme
from services.web.fields import Code, Day, Form, Id, RequestBody, Text
from services.web.lists import ListQuery, Page
from services.web.problems import Problem, ProblemField

MOST_ITEMS = 1000
LARGEST_AMOUNT = 10**12

Amount: TypeAlias = Annotated[int, Field(ge=0, le=LARGEST_AMOUNT)]
"""Whole VND."""


class ParticipantBody(RequestBody):
    """The person who is signed up."""

    full_name: Annotated[str, Field(max_length=400), AfterValidator(identifiers.personal_name)]
    born_on: Day
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
    channel: Code | None = None
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


class BatchBody(RequestBody):
    """Up to 1,000 sign-ups."""

    items: Annotated[list[SignUpBody], Field(min_length=1, max_length=MOST_ITEMS)]


_KEY: Final = Form(
    r"^[\x21-\x7e]{1,255}$",
    core_schema.str_schema(),
    {"type": "string", "minLength": 1, "maxLength": 255},
    "1 to 255 visible ASCII characters are expected, fresh for each sign-up",
)


class IdempotencyHeader(BaseModel):
    """The key by which a request that is sent again is known."""

    key: Annotated[str, _KEY] = Field(
        alias="Idempotency-Key",
        description="Chosen by the client, fresh for each sign-up, the same when it is sent again",
    )


class EnrolmentQuery(ListQuery):
    """Which sign-ups to list; `after` is the `next` of the page before."""

    unit_code: Code | None = None
    collector_code: Code | None = None
    external_ref: Text | None = None
    signed_from: Day | None = None
    signed_to: Day | None = None
    after: Id | None = None


class ParticipantView(BaseModel):
    """The person. Without the scope participants:read what identifies them is masked."""

    full_name: str
    born_on: str
    sex: str
    personal_id: str
    social_insurance_code: str | None
    phone: str | None


class HouseholdView(BaseModel):
    """Which household, and which of its members."""

    code: str
    member_no: int


class ContributionView(BaseModel):
    """VND for all months."""

    due: int
    state_support: int
    payable: int


class EnrolmentView(BaseModel):
    """An accepted sign-up. `warnings` name what looks wrong and was accepted all the same."""

    id: UUID
    status: Literal["recorded", "cancelled"]
    kind: Kind
    organisation_code: str
    external_ref: str
    scheme: Scheme
    unit_code: str
    collector_code: str
    signed_on: date
    months: int
    amount_paid: int
    receipt_no: str | None
    participant: ParticipantView
    household: HouseholdView | None
    monthly_income: int | None
    support_group: str
    channel: str | None
    campaign_code: str | None
    covered_from: date
    covered_to: date
    contribution: ContributionView
    recorded_at: datetime
    warnings: list[ProblemField]


class EnrolmentPage(Page[EnrolmentView]):
    """Sign-ups in the order in which they were recorded."""


def _given_only() -> Any:
    """A field that is left out where it is None."""
    return Field(None, exclude_if=lambda value: value is None)


class BatchItem(BaseModel):
    """The outcome of one item: `id` where it is recorded (status 201), else `problem`."""

    index: int
    external_ref: str | None
    status: int
    id: UUID | None = _given_only()
    replayed: bool | None = _given_only()
    warnings: list[ProblemField] | None = _given_only()
    problem: Problem | None = _given_only()


class BatchAnswer(BaseModel):
    """One entry per item, in the order in which they came."""

    items: list[BatchItem]
