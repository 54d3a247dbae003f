"""Reads of the deliveries and their attempts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, exists, func, or_, text
from sqlmodel import col, select

from notifications.domain.delivery import State
from notifications.ownership.queries import alerts_of
from notifications.routing.queries import find_route
from notifications.tables.deliveries import AttemptRow, DeliveryRow
from notifications.tables.routing import RouteRow
from services.errors import Invalid
from services.persistence.filters import Conditions, where_given
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among

_OF_ALERTS = col(DeliveryRow.alert_id) == among("alert_ids", Uuid())
_OF_DELIVERIES = col(AttemptRow.delivery_id) == among("delivery_ids", Uuid())

NOTIFIED = (
    select(DeliveryRow.alert_id, DeliveryRow.route_name)
    .distinct()
    .join(RouteRow, col(RouteRow.name) == col(DeliveryRow.route_name))
    .where(
        _OF_ALERTS,
        col(DeliveryRow.queued_at) >= col(RouteRow.created_at),  # else a route that had its name before was notified
        DeliveryRow.change != "resolved",
        or_(col(DeliveryRow.state) != "superseded", col(DeliveryRow.attempts) > 0),
    )
)
HAS_NEWER = select(
    exists().where(
        col(DeliveryRow.alert_id) == bindparam("alert"),
        col(DeliveryRow.route_name) == bindparam("route"),
        col(DeliveryRow.alert_version) > bindparam("version"),
    )
)
HAS_NEWER_DIGEST = select(
    exists().where(
        col(DeliveryRow.digest_name) == bindparam("digest"), col(DeliveryRow.digest_due_at) > bindparam("due_at")
    )
)
OF_ROUTE: Final = select(DeliveryRow.id).where(col(DeliveryRow.route_name) == bindparam("route", type_=Text)).limit(1)
NEWEST_FIRST: Final = select(DeliveryRow).order_by(col(DeliveryRow.id).desc())
ATTEMPTS = select(AttemptRow).where(_OF_DELIVERIES).order_by(col(AttemptRow.delivery_id), col(AttemptRow.attempt))


class Waiting(NamedTuple):
    """The deliveries of a channel that are not sent yet: how many, and when the first of them was queued."""

    channel: str
    n: int
    oldest: datetime


WAITING: Final = Query(
    Waiting,
    select(col(DeliveryRow.channel), func.count().label("n"), func.min(DeliveryRow.queued_at).label("oldest"))
    .where(text("state = 'pending' OR state = 'sending'"))  # literals, that the partial indexes need
    .group_by(col(DeliveryRow.channel)),
)
CONDITIONS: Final[Conditions] = {
    "alert_id": lambda alert_id: col(DeliveryRow.alert_id) == alert_id,
    "route": lambda name: col(DeliveryRow.route_name) == name,
    "state": lambda state: col(DeliveryRow.state) == state,
    "own_of": lambda organisation: col(DeliveryRow.alert_id).in_(alerts_of(organisation)),
    "after": lambda delivery_id: col(DeliveryRow.id) < delivery_id,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which deliveries; None leaves a condition open. `after` is the id of the last one seen.

    `own_of`: only those of alerts of this organisation, of those below it and of their collectors.
    """

    alert_id: UUID | None = None
    route: str | None = None
    state: State | None = None
    own_of: str | None = None
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class DeliveryWithAttempts:
    """A delivery, and the attempts to send it, the first one first."""

    delivery: DeliveryRow
    attempts: Sequence[AttemptRow]


async def list_deliveries(session: ReadSession, filters: Filters, limit: int) -> list[DeliveryWithAttempts]:
    """At most `limit` deliveries, the newest first. Raises Invalid where neither a route nor a delivery is of that
    name."""
    if filters.route is not None:
        await _check_route(session, filters.route)
    wanted = where_given(NEWEST_FIRST, CONDITIONS, filters).limit(limit)
    return await with_attempts(session, (await session.scalars(wanted)).all())


async def _check_route(session: ReadSession, name: str) -> None:
    if await find_route(session, name) is None and (await session.scalars(OF_ROUTE, {"route": name})).first() is None:
        raise Invalid.field("/query/route", f"no route {name} is there, nor was anything sent to one of that name")


async def count_waiting(session: ReadSession) -> list[Waiting]:
    """What waits, by channel."""
    return await session.all(WAITING)


async def with_attempts(session: ReadSession, rows: Sequence[DeliveryRow]) -> list[DeliveryWithAttempts]:
    """The deliveries, in the same order, each with its attempts."""
    attempts: dict[UUID, list[AttemptRow]] = {row.id: [] for row in rows}
    for attempt in await session.scalars(ATTEMPTS, {"delivery_ids": list(attempts)}):
        attempts[attempt.delivery_id].append(attempt)
    return [DeliveryWithAttempts(row, attempts[row.id]) for row in rows]


async def notified_routes(session: ReadSession, alert_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """The names of the routes that were notified of each alert before it was resolved."""
    notified: dict[UUID, set[str]] = {alert_id: set() for alert_id in alert_ids}
    for row in await session.execute(NOTIFIED, {"alert_ids": list(alert_ids)}):
        notified[row.alert_id].add(row.route_name)
    return notified


async def has_newer(session: ReadSession, row: DeliveryRow) -> bool:
    """Whether a newer version of the alert was queued for the same route, or a newer digest of that name."""
    if row.digest_name is not None:
        digest = {"digest": row.digest_name, "due_at": row.digest_due_at}
        return bool((await session.execute(HAS_NEWER_DIGEST, digest)).scalar_one())
    values = {"alert": row.alert_id, "route": row.route_name, "version": row.alert_version}
    return bool((await session.execute(HAS_NEWER, values)).scalar_one())
