"""Answers of progress."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.vocabulary import Measure, PaceStatus, Scheme, Severity, UnitLevel


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, from_attributes=True)


class NamedScope(_Answer):
    """What a target is about: only what is named."""

    unit_code: str | None = Field(None, exclude_if=lambda code: code is None)
    organisation_code: str | None = Field(None, exclude_if=lambda code: code is None)
    collector_code: str | None = Field(None, exclude_if=lambda code: code is None)


class TargetPace(_Answer):
    """A target's pace at the end of the day `on`. `attained` and `expected` are shares of the way from the start;
    `ratio` is attained / expected; `short_by` is persons, `needed_per_day` persons for each day left that counts,
    the running one included. Shares are cut to three decimal places, `needed_per_day` is rounded up to one."""

    id: UUID
    name: str | None
    scope: NamedScope
    measure: Measure
    value: float
    starts_on: date
    ends_on: date
    attained: float
    expected: float
    ratio: float | None
    status: PaceStatus
    severity: Severity | None
    short_by: int
    needed_per_day: float | None
    because: str


class UnitOfProgress(_Answer):
    """A unit."""

    code: str
    name: str
    level: UnitLevel


class OrganisationOfProgress(_Answer):
    """A collection organisation."""

    code: str
    name: str


class CollectorOfProgress(_Answer):
    """A collector."""

    code: str
    organisation_code: str


class _Period(_Answer):
    scheme: Scheme
    start: date = Field(alias="from")
    on: date


class _Counts(_Answer):
    new: int
    renewal: int
    cancelled: int
    net: int = Field(description="new + renewal - cancelled")


class _Coverage(_Answer):
    population: int | None = Field(
        description="of the latest baseline on or before `on`: of the unit, else of the insurance units and communes "
        "below it that have one; null where there is none"
    )
    covered: int | None = Field(description="of the same baselines, and the new sign-ups since each of them")
    coverage: float | None = Field(description="covered / population, cut to four decimal places")
    without_baseline: list[str] = Field(
        description="communes at or below the unit that no baseline counts, so that `covered` lacks them"
    )


class _Targets(_Answer):
    targets: list[TargetPace]


class UnitProgress(_Targets, _Coverage, _Counts, _Period):
    """A unit with all below it."""

    unit: UnitOfProgress


class OrganisationProgress(_Targets, _Counts, _Period):
    """An organisation with all below it."""

    organisation: OrganisationOfProgress


class CollectorProgress(_Targets, _Counts, _Period):
    """A collector."""

    collector: CollectorOfProgress


class ChildProgress(_Targets, _Coverage, _Counts):
    """A unit below the one that was asked for, or that unit itself, for the sign-ups of no unit below it."""

    unit: UnitOfProgress
    direct: bool = Field(False, description="sign-ups of the unit that was asked for itself")


class ChildrenProgress(_Period):
    """Each unit directly below, by name in the order of the Vietnamese alphabet; then the unit itself, where there are
    sign-ups of it and of none below it. So the items add up to the unit."""

    unit: UnitOfProgress
    items: list[ChildProgress]
