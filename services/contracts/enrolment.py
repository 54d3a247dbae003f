"""Sign-ups: each event has the whole of what is so from its version on, so that the newest alone counts."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from services.contracts.envelope import MOST, WHOLE, Code, Event, Facts, fact
from services.contracts.sources import ENROLMENT_SOURCE
from services.vocabulary import Kind, Scheme

EnrolmentStatus: TypeAlias = Literal["recorded", "submitted", "accepted", "returned", "cancelled"]


class EnrolmentFacts(Facts):
    """A sign-up without the person: who collected it, where, and what cover it gives.

    `version` is that of the enrolment since which it is so. The first is left out, as by the version of the services
    before there were others.
    """

    cancelled: ClassVar[bool] = False

    enrolment_id: UUID = fact("Id of the enrolment", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    organisation_code: Code = fact("Code of the organisation that signed up", "BD-CAM-THUY")
    collector_code: Code = fact("Code of the collector who signed up", "CT-07")
    unit_code: Code = fact("Code of the unit, a commune or a village", "15142")
    scheme: Scheme = fact("Household health insurance or voluntary social insurance", "household_health")
    kind: Kind = fact("Whether the person had no cover shortly before", "new")
    signed_on: date = fact("The business day of the signing", "2025-10-25")
    months: int = fact("For how many months", 12, minimum=1, maximum=120, format="int32")
    covered_from: date = fact("First day of the cover", "2025-11-24")
    covered_to: date = fact("Last day of the cover", "2026-11-23")
    amount_paid: int = fact("What was paid, in whole VND", 1263600, minimum=0, maximum=10**15, format="int64")
    channel: Code | None = fact("How the person was reached", "launch_day", None)
    campaign_code: Code | None = fact("Code of the campaign", "LAUNCH-15142", None)
    version: int = Field(
        1,
        ge=1,
        le=MOST,
        description="The version of the enrolment since which it is so; the first is left out",
        examples=[2],
        json_schema_extra={"format": "int32"},
        exclude_if=lambda version: version == 1,
    )


class CancelledFacts(EnrolmentFacts):
    """A sign-up that was cancelled, as it was before: its cover never began."""

    cancelled: ClassVar[bool] = True


class EnrolmentRecorded(Event):
    """A sign-up was accepted."""

    type: Literal["drive.enrolment.recorded.v1"] = "drive.enrolment.recorded.v1"
    source: str = ENROLMENT_SOURCE
    data: EnrolmentFacts


class EnrolmentCorrected(Event):
    """A sign-up was corrected: it is now as `data` says, whatever was published of it before."""

    type: Literal["drive.enrolment.corrected.v1"] = "drive.enrolment.corrected.v1"
    source: str = ENROLMENT_SOURCE
    data: EnrolmentFacts


class EnrolmentCancelled(Event):
    """A sign-up was cancelled, for good."""

    type: Literal["drive.enrolment.cancelled.v1"] = "drive.enrolment.cancelled.v1"
    source: str = ENROLMENT_SOURCE
    data: CancelledFacts


class StatusFacts(Facts):
    """The status of a sign-up after a change that counts for nothing else."""

    enrolment_id: UUID = fact("Id of the enrolment", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    organisation_code: Code = fact("Code of the organisation that signed up", "BD-CAM-THUY")
    version: int = fact("The version of the enrolment since which it is so", 2, **WHOLE)
    status: EnrolmentStatus = fact("What became of it", "submitted")


class EnrolmentStatusChanged(Event):
    """A sign-up was submitted, accepted or returned."""

    type: Literal["drive.enrolment.status_changed.v1"] = "drive.enrolment.status_changed.v1"
    source: str = ENROLMENT_SOURCE
    data: StatusFacts


EnrolmentEvent: TypeAlias = EnrolmentRecorded | EnrolmentCorrected | EnrolmentCancelled
