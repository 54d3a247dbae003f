"""Reads of the routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Text, bindparam
from sqlmodel import col, select

from notifications.domain.recipients import Route
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import ReadSession

ROUTES: Final = select(RouteRow).order_by(col(RouteRow.name))
ONE: Final = select(RouteRow).where(col(RouteRow.name) == bindparam("route_name", type_=Text))


def route_of(row: RouteRow) -> Route:
    """The route as the rules take it."""
    return Route(
        name=row.name,
        under=row.under,
        min_severity=row.min_severity,
        disabled_reason=row.disabled_reason,
        organisation_code=row.organisation_code,
        collector_code=row.collector_code,
        scheme=row.scheme,
        min_level=row.min_level,
    )


async def all_routes(session: ReadSession) -> Sequence[RouteRow]:
    """Every route, by name."""
    return (await session.scalars(ROUTES)).all()


async def find_route(session: ReadSession, name: str) -> RouteRow | None:
    """The route of that name."""
    row: RouteRow | None = (await session.scalars(ONE, {"route_name": name})).one_or_none()
    return row
