"""What is published of the registry."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from enrolment_api.domain.registry import Collector, Organisation, Unit
from services.contracts.envelope import Event
from services.contracts.identities import registry_event_id
from services.contracts.reconciliation import RegistryKind
from services.contracts.registry import (
    CollectorFacts,
    CollectorRegistered,
    OrganisationFacts,
    OrganisationRegistered,
    UnitFacts,
    UnitRegistered,
)


def registered_event(
    entry: Unit | Organisation | Collector, version: int, time: datetime, correlation_id: str
) -> Event:
    """The event of this version of the entry. Its id follows from that, so that it is the same whenever published."""
    match entry:
        case Unit():
            unit = UnitFacts(**asdict(entry), version=version)
            return UnitRegistered(data=unit, **_stamp("unit", entry.code, version, time, correlation_id))
        case Organisation():
            organisation = OrganisationFacts(**asdict(entry), version=version)
            stamp = _stamp("organisation", entry.code, version, time, correlation_id)
            return OrganisationRegistered(data=organisation, **stamp)
        case Collector(code, _, organisation_code):
            collector = CollectorFacts(code=code, organisation_code=organisation_code, version=version)
            return CollectorRegistered(data=collector, **_stamp("collector", code, version, time, correlation_id))


def _stamp(kind: RegistryKind, code: str, version: int, time: datetime, correlation_id: str) -> dict[str, Any]:
    return {
        "id": registry_event_id(kind, code, version),
        "subject": code,
        "time": time,
        "correlationid": correlation_id,
    }
