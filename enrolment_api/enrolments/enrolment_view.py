"""An enrolment as it is shown: with personal data in clear, or masked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.domain.household import remedy
from enrolment_api.domain.identifiers import doubts, mismatches
from enrolment_api.domain.sign_up import Participant, SignUp
from services.errors import FieldError
from services.vocabulary import Kind, Scheme
from services.web.problems import ProblemField


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


def view_of(enrolment: Enrolment, *, clear: bool) -> EnrolmentView:
    """The enrolment; what identifies the person is masked unless `clear`."""
    sign_up, decision = enrolment.sign_up, enrolment.decision
    contribution = decision.contribution
    return EnrolmentView(
        id=enrolment.id,
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
        participant=(_clear if clear else _masked)(sign_up.participant),
        household=_household(sign_up),
        monthly_income=sign_up.monthly_income,
        support_group=sign_up.support_group,
        channel=sign_up.channel,
        campaign_code=sign_up.campaign_code,
        covered_from=decision.covered_from,
        covered_to=decision.covered_to,
        contribution=ContributionView(
            due=contribution.due, state_support=contribution.state_support, payable=contribution.payable
        ),
        recorded_at=enrolment.recorded_at,
        warnings=warnings_of(enrolment),
    )


def warnings_of(enrolment: Enrolment) -> list[ProblemField]:
    """What the personal ID contradicts, signs that names do not have, and a number that does not fit the household."""
    person, expected = enrolment.sign_up.participant, enrolment.decision.expected_member_no
    found = [*mismatches(person.personal_id, person.sex, person.born_on), *doubts(person.full_name)]
    if expected is not None:
        found.append(FieldError("/household/member_no", remedy(expected, enrolment.sign_up.signed_on.year)))
    return [ProblemField(pointer=each.pointer, detail=each.detail) for each in found]


def _household(sign_up: SignUp) -> HouseholdView | None:
    if sign_up.household_code is None:
        return None
    return HouseholdView(code=sign_up.household_code, member_no=sign_up.member_no or 1)


def _clear(person: Participant) -> ParticipantView:
    return ParticipantView(
        full_name=person.full_name,
        born_on=person.born_on.isoformat(),
        sex=person.sex,
        personal_id=person.personal_id,
        social_insurance_code=person.social_insurance_code,
        phone=person.phone,
    )


def _masked(person: Participant) -> ParticipantView:
    """Enough to distinguish two sign-ups on a list, too little to identify the person."""
    return ParticipantView(
        full_name=" ".join(f"{part[0]}." for part in person.full_name.split()),
        born_on="****-**-**",
        sex="*",
        personal_id=_tail(person.personal_id),
        social_insurance_code=person.social_insurance_code and _tail(person.social_insurance_code),
        phone=person.phone and _tail(person.phone),
    )


def _tail(digits: str) -> str:
    return "*" * (len(digits) - 3) + digits[-3:]
