"""Every event that crosses the broker. A changed meaning is a new version, never a changed old one."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Discriminator, TypeAdapter

from services.contracts.alerts import AlertAcknowledged, AlertRaised, AlertResolved
from services.contracts.enrolment import EnrolmentRecorded
from services.contracts.pace import PaceFellBehind, PaceRecovered, PaceWorsened
from services.contracts.reconciliation import EnrolmentSummary, PaceSummary, ResendRequested
from services.contracts.registry import CollectorRegistered, OrganisationRegistered, UnitRegistered
from services.contracts.targets import TargetSet

AnyEvent: TypeAlias = Annotated[
    EnrolmentRecorded
    | UnitRegistered
    | OrganisationRegistered
    | CollectorRegistered
    | TargetSet
    | PaceFellBehind
    | PaceWorsened
    | PaceRecovered
    | AlertRaised
    | AlertAcknowledged
    | AlertResolved
    | EnrolmentSummary
    | PaceSummary
    | ResendRequested,
    Discriminator("type"),
]

EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
EVENTS: TypeAdapter[list[AnyEvent]] = TypeAdapter(list[AnyEvent])
