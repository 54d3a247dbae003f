"""Reads of what will become of an alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from notifications.alerts.due import end_of
from notifications.alerts.queries import find_row
from notifications.alerts.snapshots import snapshot_of
from notifications.deliveries.concerns import concern_of
from notifications.deliveries.queries import notified_routes
from notifications.domain.alert import EntryKind
from notifications.domain.escalation import Chain
from notifications.domain.passing import Happened, pass_until
from notifications.domain.recipients import Concern, recipients_of_change
from notifications.escalations.queries import all_chains
from notifications.handling.cases import case_of
from notifications.handling.store import remedies_of
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.ownership.queries import organisations_of
from notifications.routing.hours import hours_of, opening_of
from notifications.routing.queries import all_routes, route_of
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import ReadSession

FOREVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """A route that will be notified, and when, by its hours."""

    row: RouteRow
    at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """What will happen at `at`, the level of the alert right after it, and who will be notified."""

    at: datetime
    kind: EntryKind
    level: int
    reason: str
    routes: Sequence[PlannedRoute]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will become of the alert by the passing of time alone; `chain` is that by which it is escalated."""

    alert: AlertSnapshot
    chain: Chain | None
    items: Sequence[Planned]


async def plan_of(session: ReadSession, alert_id: UUID, now: datetime, group_wait: timedelta) -> Plan:
    """The plan of the alert. Raises NoSuchAlert."""
    row = await find_row(session, alert_id)
    remedies = (await remedies_of(session, [alert_id]))[alert_id]
    case = case_of(row, remedies, await all_chains(session))
    alert = snapshot_of(row)
    known = {route.name: route for route in await all_routes(session)}
    concern = concern_of(alert, (await organisations_of(session, [alert_id]))[alert_id])
    notified = (await notified_routes(session, [alert_id]))[alert_id]
    audience = Audience(known, concern, notified)
    items = [_planned(each, audience, now, group_wait) for each in pass_until(case, FOREVER, end_of)]
    return Plan(alert, case.chain, items)


@dataclass(frozen=True, slots=True)
class Audience:
    """The routes, and which of them were notified of the alert until then."""

    known: Mapping[str, RouteRow]
    concern: Concern
    notified: set[str]

    def of(self, happened: Happened) -> Sequence[RouteRow]:
        """The routes that are notified of it."""
        decision = happened.decision
        if decision.publish is None:
            return []
        recipients = recipients_of_change(
            decision.publish,
            [route_of(row) for row in self.known.values()],
            replace(self.concern, level=decision.alert.level),
            notified_before=self.notified,
            named=decision.routes,
        )
        self.notified.update(recipients.notified)
        return [self.known[name] for name in recipients.notified]


def _planned(happened: Happened, audience: Audience, now: datetime, group_wait: timedelta) -> Planned:
    decision = happened.decision
    due = max(happened.at, now) + group_wait
    severity = decision.alert.severity
    routes = [PlannedRoute(row, opening_of(hours_of(row.hours), severity, due)) for row in audience.of(happened)]
    return Planned(happened.at, decision.entry, decision.alert.level, decision.reason, routes)
