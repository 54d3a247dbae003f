"""A sign-up as a partner sends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from enrolment_api.domain.identifiers import Sex
from enrolment_api.domain.terms import Payment
from services.vocabulary import Scheme, Vnd


@dataclass(slots=True)
class Participant:
    """The person, as reported by the collector; identifiers in their normal form."""

    full_name: str
    born_on: date
    sex: Sex
    personal_id: str
    social_insurance_code: str | None
    phone: str | None


@dataclass(slots=True)
class SignUp:
    """A sign-up as sent. Only health has a `household_code` and a `member_no`, from 1 in the order in which the
    household's members join; only voluntary has a `monthly_income` and a `payment`; None is `regular`."""

    organisation_code: str
    external_ref: str
    scheme: Scheme
    unit_code: str
    collector_code: str
    signed_on: date
    months: int
    amount_paid: Vnd
    receipt_no: str | None
    participant: Participant
    household_code: str | None
    member_no: int | None
    monthly_income: Vnd | None
    support_group: str
    channel: str | None
    campaign_code: str | None
    payment: Payment | None
