"""Reads of when routes are told again of an alert."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from notifications.domain.reminder import Intervals, Told
from notifications.reminders.sql import KNOWN_OF_ALERT
from notifications.reminders.told import told_of
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import ReadSession


async def told_of_alert(
    session: ReadSession, alert_id: UUID, routes: Mapping[str, RouteRow], intervals: Intervals, told_later: timedelta
) -> dict[str, Told]:
    """What goes by it, by the route, of those that are told again of the alert as it stands; times are told so much
    later."""
    known = await session.all(KNOWN_OF_ALERT, {"alert_id": alert_id})
    found = {each.route_name: told_of(routes.get(each.route_name), each, intervals) for each in known}
    return {name: told.later(told_later) for name, told in found.items() if told}
