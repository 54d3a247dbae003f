"""Reads of which routes are notified of an alert."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select

from notifications.alerts.mutes import mutes_of_alerts
from notifications.alerts.queries import find_alert
from notifications.deliveries.concerns import concern_of
from notifications.domain.alert import ChangeKind
from notifications.domain.delivery import State
from notifications.domain.recipients import Explained, explain
from notifications.domain.reminder import Intervals
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.ownership.queries import organisations_of
from notifications.reminders.queries import told_of_alert
from notifications.routing.hours import hours_of, opening_of
from notifications.routing.queries import all_routes, route_of
from notifications.tables.deliveries import DeliveryRow
from notifications.tables.routing import RouteRow
from services.context import Context
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of

_delivery = table_of(DeliveryRow).c
_OF_ALERT = _delivery.alert_id == bindparam("alert_id")


class Told(NamedTuple):
    """A delivery of the alert."""

    route_name: str
    id: UUID
    change: ChangeKind
    alert_version: int
    state: State
    next_attempt_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExplainedRoute:
    """A route, whether it is to be notified and why, until when that waits for its hours, what it was told, and when it
    is told again, unless the alert changes."""

    row: RouteRow
    explained: Explained
    waits_until: datetime | None
    told: Sequence[Told]
    again_at: datetime | None


TOLD: Final = Query(Told, select(*(_delivery[name] for name in Told._fields)).where(_OF_ALERT).order_by(_delivery.id))


async def explain_alert(
    session: ReadSession, alert_id: UUID, context: Context, intervals: Intervals
) -> tuple[AlertSnapshot, list[ExplainedRoute]]:
    """The alert, and every route with whether it is to be notified of it as it stands. Raises NoSuchAlert,
    Unreadable."""
    alert, at = await find_alert(session, alert_id), context.at
    told = await _told(session, alert_id)
    concern = concern_of(alert, (await organisations_of(session, [alert_id]))[alert_id])
    mute = (await mutes_of_alerts(session, [alert], at)).get(alert_id)
    routes = {row.name: row for row in await all_routes(session)}
    known = await told_of_alert(session, alert_id, routes, intervals, context.told_later)
    found = []
    for row in routes.values():
        explained = explain(route_of(row), concern, alert.status)
        if explained.is_notified and mute:
            explained = Explained(False, str(mute))
        opening = opening_of(hours_of(row.hours), alert.severity, at)
        waits_until = opening if explained.is_notified and opening > at else None
        due_at = known[row.name].again_at if row.name in known and not mute else None
        again_at = due_at and opening_of(hours_of(row.hours), alert.severity, max(due_at, at))
        found.append(ExplainedRoute(row, explained, waits_until, told.get(row.name, ()), again_at))
    return alert, found


async def _told(session: ReadSession, alert_id: UUID) -> Mapping[str, Sequence[Told]]:
    by_route: dict[str, list[Told]] = defaultdict(list)
    for each in await session.all(TOLD, {"alert_id": alert_id}):
        by_route[each.route_name].append(each)
    return by_route
