"""Bodies of progress, as documented in OpenAPI; `answers` writes them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.vocabulary import Measure, Scheme, Severity
from targets_api.domain.pace import Status


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ScopeBody(_Body):
    """What a target is about: only what is named."""

    unit_code: str | None = None
    organisation_code: str | None = None
    collector_code: str | None = None


class TargetPace(_Body):
    """A target's pace at the end of the day `on`. `attained` and `expected` are shares of the way from the start;
    `ratio` is attained / expected; `short_by` and `needed_per_day` (working days) are persons."""

    id: UUID
    name: str | None
    scope: ScopeBody
    measure: Measure
    value: float
    starts_on: date
    ends_on: date
    attained: float
    expected: float
    ratio: float | None
    status: Status
    severity: Severity | None
    short_by: int
    needed_per_day: float | None
    because: str


class UnitBody(_Body):
    """A unit."""

    code: str
    name: str
    level: str


class OrganisationBody(_Body):
    """A collection organisation."""

    code: str
    name: str


class CollectorBody(_Body):
    """A collector."""

    code: str
    organisation_code: str


class _Counts(_Body):
    new: int
    renewal: int
    cancelled: int
    net: int = Field(description="new + renewal - cancelled")


class _Population(_Counts):
    population: int | None = Field(description="of the latest baseline; null where there is none")
    covered: int | None = Field(description="the latest baseline on or before `on`, and the new sign-ups since")
    coverage: float | None


class _Period(_Body):
    scheme: Scheme
    start: date = Field(alias="from")
    on: date


class UnitProgress(_Period, _Population):
    """A unit with all below it."""

    unit: UnitBody
    targets: list[TargetPace]


class OrganisationProgress(_Period, _Counts):
    """An organisation with all below it."""

    organisation: OrganisationBody
    targets: list[TargetPace]


class CollectorProgress(_Period, _Counts):
    """A collector."""

    collector: CollectorBody
    targets: list[TargetPace]


class ChildProgress(_Population):
    """A unit below the one that was asked for."""

    unit: UnitBody
    targets: list[TargetPace]


class ChildrenProgress(_Period):
    """Each unit directly below, by name."""

    unit: UnitBody
    items: list[ChildProgress]
