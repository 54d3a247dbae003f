"""Registry events → use-cases."""

from __future__ import annotations

from collections.abc import Sequence

from notifications.registry import usecases
from services.context import Context
from services.contracts.registry import OrganisationRegistered, UnitRegistered
from services.messaging.consumer import Handlers
from services.persistence.unit_of_work import UnitOfWork


async def _on_units(work: UnitOfWork, context: Context, events: Sequence[UnitRegistered]) -> None:
    await usecases.register_units(work, context, [event.data for event in events])


async def _on_organisations(work: UnitOfWork, context: Context, events: Sequence[OrganisationRegistered]) -> None:
    await usecases.register_organisations(work, context, [event.data for event in events])


HANDLERS: Handlers = {UnitRegistered: _on_units, OrganisationRegistered: _on_organisations}
