"""An enrolment as it is shown: with personal data in clear, or masked."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, Field

from enrolment_api.domain.enrolment import Enrolment, Status, amount_differs, unit_replaced
from enrolment_api.domain.household import remedy
from enrolment_api.domain.identifiers import doubts, mismatches
from enrolment_api.domain.sign_up import SignUp
from enrolment_api.people.person_view import ParticipantView, person_view
from services.errors import FieldError
from services.shown import (
    KindWord,
    SchemeWord,
    ShownAmount,
    ShownCode,
    ShownCollector,
    ShownDay,
    ShownId,
    ShownNumber,
    ShownOrganisation,
    ShownTime,
    ShownUnit,
    ShownVersion,
    shown_list,
)
from services.web.problems import ProblemField

StatusWord: TypeAlias = Annotated[
    Status,
    Field(
        description="What became of it: `recorded`; `submitted` to the agency, which has `accepted` or `returned` it;"
        " or `cancelled`",
        examples=["recorded"],
    ),
]
Warnings: TypeAlias = Annotated[
    list[ProblemField], shown_list("What looks wrong and was accepted all the same", [], most=100)
]


class HouseholdView(BaseModel):
    """Which household, and which of its members."""

    code: ShownCode = Field(description="The partner's own code of the household", examples=["15142-HH-0042"])
    member_no: ShownNumber = Field(description="Which of its members pays", examples=[1])


class ContributionView(BaseModel):
    """VND for all months."""

    due: ShownAmount = Field(description="What is due, in whole VND")
    state_support: ShownAmount = Field(description="What of it the state pays, in whole VND", examples=[0])
    local_support: ShownAmount = Field(description="What of it the locality pays, in whole VND", examples=[0])
    payable: ShownAmount = Field(description="What the participant pays, in whole VND")


class EnrolmentView(BaseModel):
    """An accepted sign-up. `warnings` name what looks wrong and was accepted all the same."""

    id: ShownId
    version: ShownVersion
    status: StatusWord
    kind: KindWord
    organisation_code: ShownOrganisation = Field(description="Code of the organisation that sent it")
    external_ref: ShownCode = Field(description="The partner's own number of the sign-up", examples=["CT-0001"])
    scheme: SchemeWord
    unit_code: ShownUnit
    collector_code: ShownCollector
    signed_on: ShownDay = Field(description="The day of the sign-up")
    months: ShownNumber = Field(description="For how many months was paid", examples=[12])
    amount_paid: ShownAmount = Field(description="What was paid, in whole VND")
    receipt_no: ShownCode | None = Field(description="Number of the receipt", examples=["C45-000123"])
    participant: ParticipantView = Field(description="The person")
    household: HouseholdView | None = Field(description="The household; null for voluntary social insurance")
    monthly_income: ShownAmount | None = Field(
        description="The income that is insured, in whole VND a month; null for household health insurance",
        examples=[None],
    )
    support_group: ShownCode = Field(description="What the state supports it for", examples=["none"])
    channel: ShownCode | None = Field(description="How the person was reached", examples=["launch_day"])
    campaign_code: ShownCode | None = Field(description="Code of the campaign", examples=["LAUNCH-15142"])
    payment: ShownCode | None = Field(
        description="`regular` or null: for months that come; `missing`: for missing time", examples=[None]
    )
    covered_from: ShownDay = Field(description="First day of cover", examples=["2025-11-24"])
    covered_to: ShownDay = Field(description="Last day of cover", examples=["2026-11-23"])
    contribution: ContributionView = Field(description="How the amount comes about")
    recorded_at: ShownTime = Field(description="When it was recorded, in UTC")
    warnings: Warnings


def view_of(enrolment: Enrolment, *, clear: bool) -> EnrolmentView:
    """The enrolment; what identifies the person is masked unless `clear`."""
    sign_up, decision = enrolment.sign_up, enrolment.decision
    contribution = decision.contribution
    return EnrolmentView(
        id=enrolment.id,
        version=enrolment.version,
        status=enrolment.status,
        kind=decision.kind,
        organisation_code=sign_up.organisation_code,
        external_ref=sign_up.external_ref,
        scheme=sign_up.scheme,
        unit_code=sign_up.unit_code,
        collector_code=sign_up.collector_code,
        signed_on=sign_up.signed_on,
        months=sign_up.months,
        amount_paid=sign_up.amount_paid,
        receipt_no=sign_up.receipt_no,
        participant=person_view(sign_up.participant, clear=clear),
        household=_household(sign_up),
        monthly_income=sign_up.monthly_income,
        support_group=sign_up.support_group,
        channel=sign_up.channel,
        campaign_code=sign_up.campaign_code,
        payment=sign_up.payment,
        covered_from=decision.covered_from,
        covered_to=decision.covered_to,
        contribution=ContributionView(
            due=contribution.due,
            state_support=contribution.state_support,
            local_support=contribution.local_support,
            payable=contribution.payable,
        ),
        recorded_at=enrolment.recorded_at,
        warnings=warnings_of(enrolment),
    )


def warnings_of(enrolment: Enrolment) -> list[ProblemField]:
    """What the personal ID contradicts, signs that names do not have, a number that does not fit the household, a unit
    that had ended, and an amount that is not what is payable."""
    person, expected = enrolment.sign_up.participant, enrolment.decision.expected_member_no
    found = [*mismatches(person.personal_id, person.sex, person.born_on), *doubts(person.full_name)]
    if expected is not None:
        found.append(FieldError("/household/member_no", remedy(expected, enrolment.sign_up.signed_on.year)))
    if ended := enrolment.decision.ended_unit_code:
        found.append(FieldError("/unit_code", unit_replaced(ended, enrolment.sign_up.unit_code)))
    if (paid := enrolment.sign_up.amount_paid) != (payable := enrolment.decision.contribution.payable):
        found.append(FieldError("/amount_paid", amount_differs(paid, payable)))
    return [ProblemField(pointer=each.pointer, detail=each.detail) for each in found]


def _household(sign_up: SignUp) -> HouseholdView | None:
    if sign_up.household_code is None:
        return None
    return HouseholdView(code=sign_up.household_code, member_no=sign_up.member_no or 1)
