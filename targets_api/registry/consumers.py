"""Registry events → use-cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.clock import Clock
from services.contracts.events import CollectorRegistered, OrganisationRegistered, UnitRegistered
from services.database import WriteSession
from services.messaging.consumer import Handler
from targets_api.occasion import occasion_of
from targets_api.registry import usecases


def registry_handlers(clock: Clock) -> Mapping[str, Handler]:
    """Handlers by event type."""

    async def on_units(session: WriteSession, events: Sequence[UnitRegistered]) -> None:
        occasion = occasion_of(clock, events[-1].correlationid)
        await usecases.register_units(session, [event.data for event in events], occasion)

    async def on_organisations(session: WriteSession, events: Sequence[OrganisationRegistered]) -> None:
        occasion = occasion_of(clock, events[-1].correlationid)
        await usecases.register_organisations(session, [event.data for event in events], occasion)

    async def on_collectors(session: WriteSession, events: Sequence[CollectorRegistered]) -> None:
        await usecases.register_collectors(session, [event.data for event in events])

    return {
        "drive.registry.unit.v1": on_units,
        "drive.registry.organisation.v1": on_organisations,
        "drive.registry.collector.v1": on_collectors,
    }
