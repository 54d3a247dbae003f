"""Statements that write chains, and locking reads. Whoever writes holds ESCALATIONS."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Text, bindparam, delete, func, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from notifications.tables.alerts import AlertRow
from notifications.tables.escalations import EscalationRouteRow, EscalationRow
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, insert_many, table_of

_TABLE, _ROUTES, _ALERTS = table_of(EscalationRow), table_of(EscalationRouteRow), table_of(AlertRow)
_name = bindparam("escalation", type_=Text)

ONE: Final = select(EscalationRow).where(col(EscalationRow.name) == _name)
OF_UNIT: Final = (
    select(EscalationRow.name)
    .where(func.coalesce(col(EscalationRow.under), "") == bindparam("unit", type_=Text))
    .where(col(EscalationRow.name) != _name)
)
DELETE: Final = delete(_TABLE).where(_TABLE.c.name == _name).returning(_TABLE.c.name)
FORGET_ROUTES: Final = delete(_ROUTES).where(_ROUTES.c.escalation_name == _name)
INSERT_ROUTES: Final = insert_many(EscalationRouteRow, "escalation_name", "route_name")
KNOWN_ROUTES: Final = (
    select(RouteRow.name)
    .where(col(RouteRow.name) == among("names", Text()))
    .order_by(col(RouteRow.name))
    .with_for_update(read=True, key_share=True)
)
_open = (
    select_columns(_ALERTS.c.id)
    .where(_ALERTS.c.status == "open")
    .order_by(_ALERTS.c.id)
    .with_for_update(key_share=True)
    .cte("open_alerts")
)
LOOK_AT_ALERTS: Final = update(_ALERTS).where(_ALERTS.c.id == _open.c.id).values(next_escalation_at=_ALERTS.c.raised_at)


async def one(work: UnitOfWork, name: str) -> EscalationRow | None:
    """The chain of that name."""
    row: EscalationRow | None = (await work.scalars(ONE, {"escalation": name})).one_or_none()
    return row


async def another_of_unit(work: UnitOfWork, name: str, under: str | None) -> str | None:
    """The name of another chain for the same unit."""
    found: str | None = (await work.scalars(OF_UNIT, {"escalation": name, "unit": under or ""})).one_or_none()
    return found


async def known_routes(work: UnitOfWork, names: Collection[str]) -> Sequence[str]:
    """Those of the names that are of a route, which nobody removes until the unit of work ends."""
    found: Sequence[str] = (await work.scalars(KNOWN_ROUTES, {"names": sorted(names)})).all()
    return found


async def save_routes(work: UnitOfWork, name: str, routes: Collection[str]) -> None:
    """The chain, which is saved, names these routes, and no others any more."""
    await work.execute(FORGET_ROUTES, {"escalation": name})
    await work.execute(INSERT_ROUTES, {"escalation_name": [name] * len(routes), "route_name": sorted(routes)})


async def remove(work: UnitOfWork, name: str) -> bool:
    """Delete the chain; False where there is none."""
    return (await work.execute(DELETE, {"escalation": name})).first() is not None


async def look_at_alerts(work: UnitOfWork) -> None:
    """Let the clock find anew when the next step of each open alert is due."""
    await work.execute(LOOK_AT_ALERTS)
