"""Units, organisations and collectors."""

from __future__ import annotations

from typing import Literal

from services.contracts.envelope import Code, Event, Facts, Name
from services.contracts.sources import ENROLMENT_SOURCE
from services.vocabulary import UnitLevel


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
