"""Queries on the routes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import ReadSession, UnitOfWork


async def all_routes(session: ReadSession) -> Sequence[RouteRow]:
    """Every route, by name."""
    return (await session.scalars(select(RouteRow).order_by(col(RouteRow.name)))).all()


async def insert_new(work: UnitOfWork, row: RouteRow) -> bool:
    """Whether the name was free, and the route is in."""
    statement = insert(RouteRow).values(row.model_dump()).on_conflict_do_nothing().returning(col(RouteRow.name))
    return (await work.execute(statement)).first() is not None


async def one_for_change(work: UnitOfWork, name: str) -> RouteRow | None:
    """The route, locked."""
    statement = select(RouteRow).where(col(RouteRow.name) == name).with_for_update()
    row: RouteRow | None = (await work.scalars(statement)).one_or_none()
    return row


async def disable(work: UnitOfWork, name: str, address: str, *, reason: str, now: datetime) -> None:
    """Switch the route off, unless it leads somewhere else by now."""
    await work.execute(
        update(RouteRow)
        .where(col(RouteRow.name) == name, col(RouteRow.address) == address, col(RouteRow.disabled_at).is_(None))
        .values(disabled_at=now, disabled_reason=reason)
    )


async def pause(work: UnitOfWork, name: str, address: str, until: datetime) -> None:
    """Leave the route's receiver alone until then, unless the route leads somewhere else by now."""
    later = func.greatest(col(RouteRow.paused_until), until)
    mine = (col(RouteRow.name) == name, col(RouteRow.address) == address)
    await work.execute(update(RouteRow).where(*mine).values(paused_until=later))


async def remove(work: UnitOfWork, name: str) -> bool:
    """Whether there was such a route."""
    statement = delete(RouteRow).where(col(RouteRow.name) == name).returning(col(RouteRow.name))
    return (await work.execute(statement)).first() is not None
