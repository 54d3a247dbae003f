"""Statements that write routes, and locking reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from notifications.tables.base import Base
from notifications.tables.digests import DigestRow
from notifications.tables.escalations import EscalationRouteRow
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import UnitOfWork

_TABLE = Base.metadata.tables["routes"]
_OF_NAME = col(RouteRow.name) == bindparam("route_name")
_TO_ADDRESS = col(RouteRow.address) == bindparam("route_address")

INSERT: Final = insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.name)
FOR_UPDATE: Final = select(RouteRow).where(_OF_NAME).with_for_update()
ALL_FOR_UPDATE: Final = select(RouteRow).order_by(col(RouteRow.name)).with_for_update()
DISABLE: Final = (
    update(RouteRow)
    .where(_OF_NAME, _TO_ADDRESS, col(RouteRow.disabled_at).is_(None))
    .values(disabled_at=bindparam("now"), disabled_reason=bindparam("reason"))
    .execution_options(synchronize_session=False)
)
PAUSE: Final = (
    update(RouteRow)
    .where(_OF_NAME, _TO_ADDRESS)
    .values(
        paused_until=func.greatest(col(RouteRow.paused_until), bindparam("until", type_=_TABLE.c.paused_until.type))
    )
    .execution_options(synchronize_session=False)
)
DELETE: Final = delete(_TABLE).where(_TABLE.c.name == bindparam("route_name")).returning(_TABLE.c.name)


CHAINS: Final = (
    select(EscalationRouteRow.escalation_name)
    .where(col(EscalationRouteRow.route_name) == bindparam("route_name"))
    .order_by(col(EscalationRouteRow.escalation_name))
)
DIGESTS: Final = (
    select(DigestRow.name).where(col(DigestRow.route_name) == bindparam("route_name")).order_by(col(DigestRow.name))
)


async def insert_new(work: UnitOfWork, row: RouteRow) -> bool:
    """Insert the route; False where its name is in use."""
    return (await work.execute(INSERT, row.model_dump())).first() is not None


async def one_for_change(work: UnitOfWork, name: str) -> RouteRow | None:
    """The route, locked."""
    row: RouteRow | None = (await work.scalars(FOR_UPDATE, {"route_name": name})).one_or_none()
    return row


async def all_for_change(work: UnitOfWork) -> Sequence[RouteRow]:
    """Every route, locked in the order of their names."""
    rows: Sequence[RouteRow] = (await work.scalars(ALL_FOR_UPDATE)).all()
    return rows


async def disable(work: UnitOfWork, name: str, address: str, *, reason: str, now: datetime) -> None:
    """Disable the route, unless it has another address by now."""
    await work.execute(DISABLE, {"route_name": name, "route_address": address, "reason": reason, "now": now})


async def pause(work: UnitOfWork, name: str, address: str, until: datetime) -> None:
    """Send nothing to the route until then, unless it has another address by now."""
    await work.execute(PAUSE, {"route_name": name, "route_address": address, "until": until})


async def chains_with(work: UnitOfWork, name: str) -> Sequence[str]:
    """The names of the chains of escalation that name the route; none is added while its row is locked."""
    found: Sequence[str] = (await work.scalars(CHAINS, {"route_name": name})).all()
    return found


async def digests_to(work: UnitOfWork, name: str) -> Sequence[str]:
    """The names of the digests that go to the route; none is added while its row is locked."""
    found: Sequence[str] = (await work.scalars(DIGESTS, {"route_name": name})).all()
    return found


async def remove(work: UnitOfWork, name: str) -> bool:
    """Delete the route; False where there is none."""
    return (await work.execute(DELETE, {"route_name": name})).first() is not None
