"""What is published of the registry."""

from __future__ import annotations

from typing import Any

from enrolment_api.domain.registry import Collector, Organisation, Unit
from services.context import Context
from services.contracts.envelope import Event
from services.contracts.identities import registry_event_id
from services.contracts.registry import (
    CollectorFacts,
    CollectorRegistered,
    OrganisationFacts,
    OrganisationRegistered,
    UnitFacts,
    UnitRegistered,
)
from services.vocabulary import RegistryKind


def registered_event(entry: Unit | Organisation | Collector, version: int, context: Context) -> Event:
    """The event of this version of the entry. Its id is derived from that: the same whenever it is published."""
    match entry:
        case Unit():
            unit = _unit_facts(entry, version)
            return UnitRegistered(data=unit, **_attributes("unit", entry.code, version, context))
        case Organisation(code, name, parent_code):
            organisation = OrganisationFacts(code=code, name=name, parent_code=parent_code, version=version)
            return OrganisationRegistered(data=organisation, **_attributes("organisation", code, version, context))
        case Collector(code, _, organisation_code, since):
            collector = CollectorFacts(code=code, organisation_code=organisation_code, version=version, since=since)
            return CollectorRegistered(data=collector, **_attributes("collector", code, version, context))


def _unit_facts(unit: Unit, version: int) -> UnitFacts:
    return UnitFacts(
        code=unit.code,
        name=unit.name,
        level=unit.level,
        parent_code=unit.parent_code,
        version=version,
        valid_from=unit.valid_from,
        valid_to=unit.valid_to,
        successors=unit.successors or None,
    )


def _attributes(kind: RegistryKind, code: str, version: int, context: Context) -> dict[str, Any]:
    return {
        "id": registry_event_id(kind, code, version),
        "subject": code,
        "time": context.at,
        "correlationid": context.correlation_id,
    }
