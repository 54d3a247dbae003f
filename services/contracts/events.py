"""Every event that crosses the broker. A changed meaning is a new version, never a changed old one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Discriminator, Field, TypeAdapter

from services.contracts.envelope import Event, Facts
from services.contracts.reconciliation import EnrolmentSummary, PaceSummary, ResendRequested
from services.contracts.sources import ENROLMENT_SOURCE, NOTIFICATIONS_SOURCE, TARGETS_SOURCE

Scheme: TypeAlias = Literal["household_health", "voluntary_social"]
Kind: TypeAlias = Literal["new", "renewal"]
UnitLevel: TypeAlias = Literal["province", "insurance_unit", "commune", "village"]
Measure: TypeAlias = Literal["new", "renewal", "in_force", "coverage"]
Severity: TypeAlias = Literal["warning", "critical"]

Code: TypeAlias = Annotated[str, Field(max_length=128)]
"""Three of them fit into one key of a PostgreSQL index (2,704 bytes), whatever their characters."""
Name: TypeAlias = Annotated[str, Field(max_length=1000)]


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


class UnitFacts(Facts):
    """A unit as it stands now. `version` grows with each change: the higher one is the later truth."""

    code: Code
    name: Name
    level: UnitLevel
    parent_code: Code | None
    version: int


class UnitRegistered(Event):
    """A unit was put into the registry, or changed."""

    type: Literal["drive.registry.unit.v1"] = "drive.registry.unit.v1"
    source: str = ENROLMENT_SOURCE
    data: UnitFacts


class OrganisationFacts(Facts):
    """A collection organisation as it stands now."""

    code: Code
    name: Name
    parent_code: Code | None
    version: int


class OrganisationRegistered(Event):
    """A collection organisation was put into the registry, or changed."""

    type: Literal["drive.registry.organisation.v1"] = "drive.registry.organisation.v1"
    source: str = ENROLMENT_SOURCE
    data: OrganisationFacts


class CollectorFacts(Facts):
    """A collector as they stand now. Their name is personal data and stays in enrolment."""

    code: Code
    organisation_code: Code
    version: int


class CollectorRegistered(Event):
    """A collector was put into the registry, or changed."""

    type: Literal["drive.registry.collector.v1"] = "drive.registry.collector.v1"
    source: str = ENROLMENT_SOURCE
    data: CollectorFacts


class Scope(Facts):
    """What a target or an alert is about: any mix of unit, organisation and collector."""

    unit_code: Code | None = None
    organisation_code: Code | None = None
    collector_code: Code | None = None


class TargetFacts(Facts):
    """A target as it was set. `value` is persons, or a share of the population for coverage."""

    target_id: UUID
    name: Name | None
    scope: Scope
    scheme: Scheme
    measure: Measure
    value: float
    starts_on: date
    ends_on: date


class TargetSet(Event):
    """A target was set."""

    type: Literal["drive.target.set.v1"] = "drive.target.set.v1"
    source: str = TARGETS_SOURCE
    data: TargetFacts


class PaceFigures(Facts):
    """What the verdict rests on.

    `achieved` and `value` are in the unit of the measure (persons; a share for coverage); `attained` and `expected` are
    shares of the way from where the target began; `ratio` is attained / expected;
    `short_by` and `needed_per_day` are persons.
    """

    on: date
    value: float
    achieved: float
    attained: float
    expected: float
    ratio: float | None
    short_by: int
    needed_per_day: float | None


class PaceFacts(Facts):
    """A target's pace at a turn.

    `episode` counts the times this target fell behind; `revision` grows with every pace event of the target, so that a
    late or repeated event can be told from news. `path` is the unit and those above it, top first. `worst_severity` is
    the gravest that the episode had so far, also where it ends.
    """

    target_id: UUID
    target_name: Name | None
    episode: int
    revision: int
    scope: Scope
    unit_name: Name | None
    path: tuple[Code, ...]
    scheme: Scheme
    measure: Measure
    starts_on: date
    ends_on: date
    status: Literal["ahead", "on_track", "behind", "met", "missed", "not_started"]
    severity: Severity | None
    worst_severity: Severity | None = None
    figures: PaceFigures


class PaceFellBehind(Event):
    """A target began to lag behind its pace."""

    type: Literal["drive.pace.fell_behind.v1"] = "drive.pace.fell_behind.v1"
    source: str = TARGETS_SOURCE
    data: PaceFacts


class PaceWorsened(Event):
    """A target that lagged already lags more gravely."""

    type: Literal["drive.pace.worsened.v1"] = "drive.pace.worsened.v1"
    source: str = TARGETS_SOURCE
    data: PaceFacts


class PaceRecovered(Event):
    """A target that lagged has caught up."""

    type: Literal["drive.pace.recovered.v1"] = "drive.pace.recovered.v1"
    source: str = TARGETS_SOURCE
    data: PaceFacts


class AlertFacts(Facts):
    """An alert at a turn. `version` grows with each change of its state."""

    alert_id: UUID
    target_id: UUID
    version: int
    status: Literal["open", "acknowledged", "reported", "resolved"]
    severity: Severity
    subject: Scope
    at: datetime


class AlertRaised(Event):
    """Somebody has to act."""

    type: Literal["drive.alert.raised.v1"] = "drive.alert.raised.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


class AlertAcknowledged(Event):
    """Somebody has taken the alert on."""

    type: Literal["drive.alert.acknowledged.v1"] = "drive.alert.acknowledged.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


class AlertResolved(Event):
    """The reason for the alert is gone."""

    type: Literal["drive.alert.resolved.v1"] = "drive.alert.resolved.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


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
