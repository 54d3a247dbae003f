"""Put and remove chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from notifications.domain.escalation import AlreadyEscalated, NoSuchEscalation, check_steps
from notifications.escalations import store
from notifications.escalations.queries import chain_of_row
from notifications.registry.queries import registered_under
from notifications.tables.escalations import EscalationRow
from notifications.tables.locks import ESCALATIONS
from services.context import Context
from services.persistence.changes import would_change
from services.persistence.locks import take
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PutEscalation:
    """A chain as it is to be; `steps` are as they are stored."""

    name: str
    under: str | None
    steps: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EscalationPut:
    """A chain as it is now."""

    row: EscalationRow
    is_new: bool


async def put_escalation(work: UnitOfWork, context: Context, command: PutEscalation) -> EscalationPut:
    """Make the chain, or change it to this. Alerts that are open go on by it: what would have been due is due now.
    One that is so already stays as it is.

    Raises NotKnownYet, AlreadyEscalated, Invalid.
    """
    await take(work, ESCALATIONS)
    under = await registered_under(work, command.under)
    if other := await store.another_of_unit(work, command.name, under):
        raise AlreadyEscalated(f"the chain {other} is for {under or 'all units'}, too")
    existing = await store.one(work, command.name)
    values = {"under": under, "steps": list(command.steps)}
    if existing and not would_change(existing, values):
        return EscalationPut(existing, is_new=False)
    await store.look_at_alerts(work)
    row = existing or EscalationRow(name=command.name, steps=[], created_at=context.at, updated_at=context.at)
    await _save(work, row.sqlmodel_update({**values, "updated_at": context.at}))
    log.info("escalation_put", escalation=row.name, under=row.under, is_new=existing is None)
    return EscalationPut(row, is_new=existing is None)


async def remove_escalation(work: UnitOfWork, _: Context, name: str) -> None:
    """Remove the chain: its alerts go on by the next one above, if there is one. Raises NoSuchEscalation."""
    await take(work, ESCALATIONS)
    await store.look_at_alerts(work)
    if not await store.remove(work, name):
        raise NoSuchEscalation(f"no chain has the name {name}")
    log.info("escalation_removed", escalation=name)


async def _save(work: UnitOfWork, row: EscalationRow) -> None:
    chain = chain_of_row(row)
    named = {name for step in chain.steps for name in step.routes}
    check_steps(chain.steps, await store.known_routes(work, named))
    await work.add(row)
    await store.save_routes(work, row.name, named)
