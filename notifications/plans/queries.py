"""Reads of what will become of an alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from notifications.alerts.due import end_of
from notifications.alerts.mutes import mutes_of_alerts
from notifications.alerts.queries import find_row
from notifications.alerts.snapshots import snapshot_of
from notifications.deliveries.concerns import concern_of
from notifications.deliveries.queries import notified_routes
from notifications.domain.escalation import Chain
from notifications.domain.foresight import Audience, Foreseen, Foresight
from notifications.domain.hush import Withheld
from notifications.domain.passing import Case
from notifications.domain.reminder import Intervals
from notifications.domain.terms import Terms
from notifications.escalations.queries import all_chains
from notifications.handling.cases import case_of
from notifications.handling.store import remedies_of
from notifications.hushed.queries import find_hushed
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.ownership.queries import organisations_of
from notifications.plans.planned import Planned, PlannedReminder, PlannedRoute
from notifications.plans.reminders import Reminding
from notifications.reminders.queries import told_of_alert
from notifications.routing.hours import hours_of, opening_of
from notifications.routing.queries import all_routes, route_of
from notifications.silences.queries import lasting_silences
from notifications.tables.alerts import AlertRow
from notifications.tables.routing import RouteRow
from services.context import Context
from services.persistence.unit_of_work import ReadSession

FOREVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What will become of the alert by the passing of time alone; `chain` is that by which it is escalated."""

    alert: AlertSnapshot
    chain: Chain | None
    items: Sequence[Planned]
    reminders: Sequence[PlannedReminder]


async def plan_of(session: ReadSession, alert_id: UUID, context: Context, terms: Terms, intervals: Intervals) -> Plan:
    """The plan of the alert. Raises NoSuchAlert, Unreadable."""
    row, now = await find_row(session, alert_id), context.at
    remedies = (await remedies_of(session, [alert_id]))[alert_id]
    case = case_of(row, remedies, await all_chains(session))
    known = {route.name: route for route in await all_routes(session)}
    foresight = await _foresight(session, row, case, known, now)
    items = [_planned(each, known, now, terms.group_wait) for each in foresight.until(FOREVER, now, end_of)]
    told = await told_of_alert(session, alert_id, known, intervals, context.told_later)
    reminding = Reminding(intervals, told, foresight, now, terms.group_wait)
    return Plan(snapshot_of(row), case.chain, items, reminding.of(items, known))


async def _foresight(
    session: ReadSession, row: AlertRow, case: Case, known: Mapping[str, RouteRow], now: datetime
) -> Foresight:
    concern = concern_of(snapshot_of(row), (await organisations_of(session, [row.id]))[row.id])
    audience = Audience(
        [route_of(each) for each in known.values()], concern, (await notified_routes(session, [row.id]))[row.id]
    )
    mute = (await mutes_of_alerts(session, [snapshot_of(row)], now)).get(row.id)
    hushed = await find_hushed(session, row.id)
    return Foresight(
        case,
        audience,
        silences=await lasting_silences(session, now),
        inhibitor=mute.inhibitor if mute else None,
        withheld=Withheld(hushed.change, tuple(hushed.routes)) if hushed else None,
        look_at=hushed.check_at if hushed else None,
    )


def _planned(foreseen: Foreseen, known: Mapping[str, RouteRow], now: datetime, group_wait: timedelta) -> Planned:
    severity, due = foreseen.alert.severity, foreseen.told_at and max(foreseen.told_at, now) + group_wait
    routes = [
        PlannedRoute(row, each.change, due and opening_of(hours_of(row.hours), severity, due))
        for each in foreseen.tellings
        for row in [known[each.route]]
    ]
    return Planned(foreseen, routes)
