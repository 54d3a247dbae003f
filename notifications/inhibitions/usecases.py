"""Put inhibitions, and remove them."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notifications.domain.inhibition import NoSuchInhibition
from notifications.hushed import store as hushed
from notifications.inhibitions import store
from notifications.registry.queries import registered_unit
from notifications.tables.inhibitions import InhibitionRow
from notifications.tables.locks import ROUTES
from services.context import Context
from services.errors import NotKnownYet, Unknown
from services.persistence.changes import would_change
from services.persistence.locks import take
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InhibitionPut:
    """An inhibition as it is now."""

    row: InhibitionRow
    is_new: bool


async def put_inhibition(work: UnitOfWork, context: Context, name: str, under: str) -> InhibitionPut:
    """Make the inhibition, or change it to this; one that is so already stays as it is. Raises NotKnownYet."""
    if (code := await registered_unit(work, under)) is None:
        raise NotKnownYet.of([Unknown("/under", "unit", under)])
    await take(work, ROUTES)
    before = await store.one_for_change(work, name)
    if before and not would_change(before, {"under": code}):
        return InhibitionPut(before, is_new=False)
    row = before or InhibitionRow(name=name, under=code, updated_at=context.at)
    await work.add(row.sqlmodel_update({"under": code, "updated_at": context.at}))
    await hushed.look_at_all_inhibited(work, context.at)
    log.info("inhibition_put", inhibition=name, under=code, is_new=before is None)
    return InhibitionPut(row, before is None)


async def remove_inhibition(work: UnitOfWork, context: Context, name: str) -> None:
    """Remove the inhibition; routes hear of what it hushed and is unresolved. Raises NoSuchInhibition."""
    await take(work, ROUTES)
    if not await store.remove(work, name):
        raise NoSuchInhibition(f"no inhibition has the name {name}")
    await hushed.look_at_all_inhibited(work, context.at)
    log.info("inhibition_removed", inhibition=name)
