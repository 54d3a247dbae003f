"""Bodies and answers of changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from enrolment_api.cases.schemas import CaseStatusWord
from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.domain.identifiers import Sex
from enrolment_api.domain.life import Change, Step
from enrolment_api.enrolments.enrolment_view import StatusWord
from enrolment_api.enrolments.schemas import MOST_ITEMS, given_only
from enrolment_api.enrolments.sign_up_body import (
    Amount,
    Channel,
    HouseholdBody,
    InsuranceCode,
    Mobile,
    Months,
    PaidFor,
    PersonalId,
    PersonalName,
    SupportGroup,
)
from enrolment_api.tables.enrolments import EnrolmentChangeRow
from services.security.claims import LONGEST_TEXT
from services.shown import (
    ShownId,
    ShownNumber,
    ShownOrganisation,
    ShownText,
    ShownTime,
    ShownVersion,
    shown,
    shown_list,
)
from services.web.fields import AN_ID, Code, CollectorCode, Day, Id, Reason, RequestBody, Text, UnitCode, Version
from services.web.problems import Problem

_ABSENT: Final[Any] = None
"""Fields of a correction that are left out stay as they are; null takes out what need not be there."""


class SubmissionBody(RequestBody):
    """To submit a sign-up to the agency, or to accept one."""

    version: Version


class ReasonedBody(RequestBody):
    """To return or to cancel a sign-up."""

    version: Version
    reason: Reason


class ParticipantChanges(RequestBody):
    """What is wrong about the person."""

    full_name: PersonalName = _ABSENT
    born_on: Day = Field(_ABSENT, description="Day of birth", examples=["1980-02-03"])
    sex: Sex = Field(_ABSENT, description="As on the citizen's card", examples=["male"])
    personal_id: PersonalId = _ABSENT
    social_insurance_code: InsuranceCode | None = None
    phone: Mobile | None = None


class SignUpChanges(RequestBody):
    """What is to be different; what is left out stays. The scheme and the reference cannot be changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"unit_code": "15127"}], "minProperties": 1})

    unit_code: UnitCode = _ABSENT
    collector_code: CollectorCode = _ABSENT
    signed_on: Day = Field(_ABSENT, description="The day of the sign-up, today at the latest", examples=["2025-10-25"])
    months: Months = Field(_ABSENT, description="For how many months is paid", examples=[12])
    amount_paid: Amount = Field(_ABSENT, description="What was paid, in whole VND: what is payable")
    receipt_no: Text | None = Field(None, description="Number of the receipt", examples=["C45-000123"])
    participant: ParticipantChanges = Field(_ABSENT, description="The person")
    household: HouseholdBody = Field(_ABSENT, description="The household, of health insurance")
    monthly_income: Amount = Field(
        _ABSENT,
        description="The income to be insured, of voluntary insurance, in whole VND a month",
        examples=[1500000],
    )
    support_group: SupportGroup = _ABSENT
    payment: PaidFor | None = None
    channel: Channel | None = Field(None, description="How the person was reached", examples=["launch_day"])
    campaign_code: Code | None = Field(None, description="Code of the campaign", examples=["LAUNCH-15142"])

    def fields(self) -> dict[str, Any]:
        """By the names of the domain, those that were given."""
        given = {name: getattr(self, name) for name in self.model_fields_set - {"household", "participant"}}
        if "household" in self.model_fields_set:
            given |= {"household_code": self.household.code, "member_no": self.household.member_no}
        if "participant" in self.model_fields_set:
            given["participant"] = self.participant.model_dump(exclude_unset=True)
        return given


class CorrectionBody(RequestBody):
    """A sign-up is to be as `changes` say; it is decided on anew, and has to be submitted again."""

    version: Version
    reason: Reason
    changes: SignUpChanges = Field(description="What is to be different")


class _Decision(RequestBody):
    id: Id = Field(description="Id of the enrolment, or of the case of identity", examples=[AN_ID])
    version: Version


class Acceptance(_Decision):
    """The agency accepts a sign-up, or the claim of a case: the personal ID is that person's."""

    decision: Literal["accept"] = Field(description="It is accepted")
    reason: Reason | None = Field(None, description="Why, where that is worth keeping", examples=[None])


class Return(_Decision):
    """The agency returns a sign-up, to be corrected by the reason that it gives, or rejects the claim of a case."""

    decision: Literal["return"] = Field(description="It is returned")
    reason: Reason


ReviewItem: TypeAlias = Annotated[
    Acceptance | Return,
    Field(discriminator="decision", title="Review", description="The agency's decision on one sign-up or case."),
]


class ReviewBody(RequestBody):
    """Up to 1,000 decisions."""

    items: Annotated[
        list[ReviewItem], Field(min_length=1, max_length=MOST_ITEMS, description="Decisions", fail_fast=True)
    ]


class ReviewOutcome(BaseModel):
    """The outcome of one decision: status 200 with `enrolment_status` or `case_status`, and `version`, else
    `problem`."""

    index: ShownNumber = Field(description="Which item, from 0", examples=[0])
    id: ShownId | None = Field(description="Id of the enrolment or case, where the item has one")
    status: int = shown("The status that it would have alone", 200, minimum=200, maximum=599, format="int32")
    enrolment_status: StatusWord | None = given_only("What became of the enrolment", "accepted")
    case_status: CaseStatusWord | None = given_only("What became of the case", None)
    version: ShownVersion | None = given_only("Its version now", 3)
    problem: Problem | None = given_only("Why the decision took no effect", None)


class ReviewAnswer(BaseModel):
    """One entry per item, in the order in which they came."""

    items: list[ReviewOutcome] = Field(description="The outcomes", json_schema_extra={"maxItems": MOST_ITEMS})


class ChangedBy(BaseModel):
    """Who changed it: the client that the token was issued to."""

    organisation_code: ShownOrganisation = Field(description="Code of the organisation")
    subject: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = Field(
        description="Id of the person or client; null for the recording", examples=["CT"]
    )


class HistoryEntry(BaseModel):
    """A version of a sign-up."""

    version: ShownVersion
    status: StatusWord
    at: ShownTime = Field(description="Since when, in UTC")
    by: ChangedBy = Field(description="Who made it so")
    reason: ShownText | None = Field(description="Why, where a reason was given")
    changed: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        shown_list("Names of the fields that a correction has changed", ["unit_code"], most=40),
    ]


class History(BaseModel):
    """The versions of a sign-up, oldest first."""

    items: list[HistoryEntry] = Field(description="Its versions", json_schema_extra={"maxItems": 10_000})


def history_of(enrolment: Enrolment, rows: Iterable[EnrolmentChangeRow]) -> History:
    """The recording, and each change since."""
    by = ChangedBy(organisation_code=enrolment.sign_up.organisation_code, subject=None)
    recorded = HistoryEntry(version=1, status="recorded", at=enrolment.recorded_at, by=by, reason=None, changed=[])
    return History(items=[recorded, *map(_entry, rows)])


def _entry(row: EnrolmentChangeRow) -> HistoryEntry:
    by = ChangedBy(organisation_code=row.organisation_code, subject=row.subject)
    return HistoryEntry(
        version=row.version, status=row.status, at=row.changed_at, by=by, reason=row.reason, changed=row.changed
    )


def change_of(step: Step, body: SubmissionBody | ReasonedBody | CorrectionBody) -> Change:
    """The body as a change."""
    return Change(step, body.version, None if isinstance(body, SubmissionBody) else body.reason)
