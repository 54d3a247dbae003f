"""Reads of the receivers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlmodel import col, select

from notifications.domain.receiver import Receiver
from notifications.routing.receivers.rows import receiver_of
from notifications.tables.receivers import ReceiverRow
from notifications.tables.routing import RouteRow
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession


class FailingRoute(NamedTuple):
    """A route that is not disabled, and whose receiver has taken nothing since then."""

    name: str
    failing_since: datetime


RECEIVERS: Final = select(ReceiverRow)
FAILING: Final = Query(
    FailingRoute,
    select(col(RouteRow.name), col(ReceiverRow.failing_since))
    .join(ReceiverRow, col(ReceiverRow.route_name) == col(RouteRow.name))
    .where(col(ReceiverRow.failing_since).is_not(None), col(RouteRow.disabled_at).is_(None)),
)


async def known_receivers(session: ReadSession) -> Mapping[str, Receiver]:
    """What is known of receivers, by the name of their route."""
    return {row.route_name: receiver_of(row) for row in (await session.scalars(RECEIVERS)).all()}


async def failing_routes(session: ReadSession) -> list[FailingRoute]:
    """The routes whose receivers fail."""
    return await session.all(FAILING)
