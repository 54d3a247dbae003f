"""Which routes are told again, by what they know of an alert."""

from __future__ import annotations

from notifications.domain.recipients import reason_against
from notifications.domain.reminder import Intervals, Standing, Told
from notifications.reminders.sql import Known
from notifications.routing.queries import route_of
from notifications.routing.repeats import interval_of
from notifications.tables.routing import RouteRow


def told_of(route: RouteRow | None, each: Known, intervals: Intervals) -> Told | None:
    """What goes by it; None where the route is not told again."""
    interval = interval_of(route, intervals) if route else None
    if route is None or interval is None or not _concerns(route, each):
        return None
    standing = Standing(each.status, each.planned, each.missed)
    return Told(each.told_at, interval, standing, route.channel in intervals.of_state)


def _concerns(route: RouteRow, each: Known) -> bool:
    """Whether the route is to be told of the alert at all: it knows the present state, and it is one of its own."""
    if each.status == "resolved" or not each.is_last or route.disabled_at:
        return False
    return each.is_named or reason_against(route_of(route), each.concern) is None
