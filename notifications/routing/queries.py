"""Reads of the routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlmodel import col, select

from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import ReadSession

ROUTES: Final = select(RouteRow).order_by(col(RouteRow.name))


async def all_routes(session: ReadSession) -> Sequence[RouteRow]:
    """Every route, by name."""
    return (await session.scalars(ROUTES)).all()
