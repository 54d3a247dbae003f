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
    `ratio` is attained / expected; `short_by` and `needed_per_day` (working days) are persons."""

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
    population: int | None = Field(description="of the latest baseline; null where there is none")
    covered: int | None = Field(description="the latest baseline on or before `on`, and the new sign-ups since")
    coverage: float | None


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
    """A unit below the one that was asked for."""

    unit: UnitOfProgress


class ChildrenProgress(_Period):
    """Each unit directly below, by name."""

    unit: UnitOfProgress
    items: list[ChildProgress]
