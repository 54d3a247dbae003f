"""What is published of the registry."""

from __future__ import annotations

from dataclasses import asdict
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
            unit = UnitFacts(**asdict(entry), version=version)
            return UnitRegistered(data=unit, **_attributes("unit", entry.code, version, context))
        case Organisation():
            organisation = OrganisationFacts(**asdict(entry), version=version)
            attributes = _attributes("organisation", entry.code, version, context)
            return OrganisationRegistered(data=organisation, **attributes)
        case Collector(code, _, organisation_code):
            collector = CollectorFacts(code=code, organisation_code=organisation_code, version=version)
            return CollectorRegistered(data=collector, **_attributes("collector", code, version, context))


def _attributes(kind: RegistryKind, code: str, version: int, context: Context) -> dict[str, Any]:
    return {
        "id": registry_event_id(kind, code, version),
        "subject": code,
        "time": context.at,
        "correlationid": context.correlation_id,
    }
