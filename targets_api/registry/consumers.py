"""Registry events → use-cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.clock import Clock
from services.context import context_of
from services.contracts.registry import CollectorRegistered, OrganisationRegistered, UnitRegistered
from services.messaging.consumer import Handler
from services.persistence.unit_of_work import UnitOfWork
from targets_api.registry import usecases


def registry_handlers(clock: Clock) -> Mapping[str, Handler]:
    """Handlers by event type."""

    async def on_units(work: UnitOfWork, events: Sequence[UnitRegistered]) -> None:
        context = context_of(clock, events[-1].correlationid)
        await usecases.register_units(work, [event.data for event in events], context)

    async def on_organisations(work: UnitOfWork, events: Sequence[OrganisationRegistered]) -> None:
        context = context_of(clock, events[-1].correlationid)
        await usecases.register_organisations(work, [event.data for event in events], context)

    async def on_collectors(work: UnitOfWork, events: Sequence[CollectorRegistered]) -> None:
        await usecases.register_collectors(work, [event.data for event in events])

    return {
        "drive.registry.unit.v1": on_units,
        "drive.registry.organisation.v1": on_organisations,
        "drive.registry.collector.v1": on_collectors,
    }
