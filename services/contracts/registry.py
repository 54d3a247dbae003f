"""Units, organisations and collectors."""

from __future__ import annotations

from datetime import date
from typing import Literal

from services.contracts.envelope import WHOLE, Code, Event, Facts, Name, fact
from services.contracts.sources import ENROLMENT_SOURCE
from services.vocabulary import UnitLevel


class UnitFacts(Facts):
    """A unit as it stands now. `version` grows with each change: the higher one is the later truth.

    From the day after `valid_to` on its successors take its place.
    """

    code: Code = fact("Its code", "15142")
    name: Name = fact("What people call it", "Xã Cẩm Thạch")
    level: UnitLevel = fact("How high the unit stands", "commune")
    parent_code: Code | None = fact("Code of the one above it; null at the top", "38")
    version: int = fact("Grows with each change: the higher one is the later truth", 1, **WHOLE)
    valid_from: date | None = fact("First day on which it exists; left out: always", "2025-07-01", optional=True)
    valid_to: date | None = fact("Last day on which it exists; left out: it goes on", "2026-04-29", optional=True)
    successors: tuple[Code, ...] | None = fact(
        "Codes of the units that take its place", ["15143"], optional=True, maxItems=50
    )


class UnitRegistered(Event):
    """A unit was put into the registry, or changed."""

    type: Literal["drive.registry.unit.v1"] = "drive.registry.unit.v1"
    source: str = ENROLMENT_SOURCE
    data: UnitFacts


class OrganisationFacts(Facts):
    """A collection organisation as it stands now."""

    code: Code = fact("Its code", "15142")
    name: Name = fact("What people call it", "Xã Cẩm Thạch")
    parent_code: Code | None = fact("Code of the one above it; null at the top", "38")
    version: int = fact("Grows with each change: the higher one is the later truth", 1, **WHOLE)


class OrganisationRegistered(Event):
    """A collection organisation was put into the registry, or changed."""

    type: Literal["drive.registry.organisation.v1"] = "drive.registry.organisation.v1"
    source: str = ENROLMENT_SOURCE
    data: OrganisationFacts


class CollectorFacts(Facts):
    """A collector as they stand now. Their name is personal data and stays in enrolment."""

    code: Code = fact("Its code", "15142")
    organisation_code: Code = fact("Code of the organisation that the collector works for", "BD-CAM-THUY")
    version: int = fact("Grows with each change: the higher one is the later truth", 1, **WHOLE)
    since: date | None = fact("The day since when; left out: from the beginning", "2026-01-05", optional=True)


class CollectorRegistered(Event):
    """A collector was put into the registry, or changed."""

    type: Literal["drive.registry.collector.v1"] = "drive.registry.collector.v1"
    source: str = ENROLMENT_SOURCE
    data: CollectorFacts
