"""Sign-ups."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from services.contracts.envelope import Code, Event, Facts
from services.contracts.sources import ENROLMENT_SOURCE
from services.vocabulary import Kind, Scheme


class EnrolmentFacts(Facts):
    """A sign-up without the person: who collected it, where, and what cover it gives."""

    enrolment_id: UUID
    organisation_code: Code
    collector_code: Code
    unit_code: Code
    scheme: Scheme
    kind: Kind
    signed_on: date
    months: int
    covered_from: date
    covered_to: date
    amount_paid: int
    channel: Code | None = None
    campaign_code: Code | None = None


class EnrolmentRecorded(Event):
    """A sign-up was accepted."""

    type: Literal["drive.enrolment.recorded.v1"] = "drive.enrolment.recorded.v1"
    source: str = ENROLMENT_SOURCE
    data: EnrolmentFacts
