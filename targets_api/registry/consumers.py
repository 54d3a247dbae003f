"""Registry events → use-cases, each class in a unit of work of its own: counting waits while one ends."""

from __future__ import annotations

from collections.abc import Sequence

from services.context import Context
from services.contracts.registry import CollectorRegistered, OrganisationRegistered, UnitRegistered
from services.messaging.consumer import Apart, Handlers
from services.persistence.unit_of_work import UnitOfWork
from targets_api.registry import usecases


async def _on_units(work: UnitOfWork, context: Context, events: Sequence[UnitRegistered]) -> None:
    await usecases.register_units(work, context, [event.data for event in events])


async def _on_organisations(work: UnitOfWork, context: Context, events: Sequence[OrganisationRegistered]) -> None:
    await usecases.register_organisations(work, context, [event.data for event in events])


async def _on_collectors(work: UnitOfWork, context: Context, events: Sequence[CollectorRegistered]) -> None:
    await usecases.register_collectors(work, context, [event.data for event in events])


HANDLERS: Handlers = {
    UnitRegistered: Apart(_on_units),
    OrganisationRegistered: Apart(_on_organisations),
    CollectorRegistered: Apart(_on_collectors),
}
