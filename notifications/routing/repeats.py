"""How often a route is told again of an alert that nobody has resolved."""

from __future__ import annotations

from datetime import timedelta

from notifications.domain.reminder import NEVER, Intervals
from notifications.tables.routing import RouteRow
from services.durations import duration_of


def written_interval(repeat: str | None) -> timedelta | None:
    """What a route says; None where it says nothing, or `never`."""
    return duration_of(repeat) if repeat and repeat != NEVER else None


def interval_of(route: RouteRow, intervals: Intervals) -> timedelta | None:
    """As the route says, else as its channel needs it, else the usual one; None where it is not told again."""
    if route.repeat:
        return written_interval(route.repeat)
    return intervals.of_state.get(route.channel, intervals.usual)
