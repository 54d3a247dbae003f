"""What is due outside of the hours of its route waits until these begin, whatever made it due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import text

from notifications.routing.hours import hours_of, opening_of
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork


class RouteHours(NamedTuple):
    """A route for which something is due, and its hours as they are stored."""

    name: str
    hours: Mapping[str, Any]


DUE_WITH_HOURS: Final = Query(
    RouteHours,
    text("""
    SELECT r.name, r.hours FROM routes r
    WHERE r.hours IS NOT NULL AND r.disabled_at IS NULL AND EXISTS (
        SELECT FROM deliveries d WHERE d.state = 'pending' AND d.route_name = r.name AND d.next_attempt_at <= :now
    )
"""),
)

WAIT: Final = text("""
    UPDATE deliveries d SET next_attempt_at = w.opens_at
    FROM unnest(CAST(:names AS text[]), CAST(:openings AS timestamptz[]), CAST(:spared AS boolean[]))
         AS w(route_name, opens_at, spares_critical)
    WHERE d.state = 'pending' AND d.route_name = w.route_name AND d.next_attempt_at <= :now AND d.alert_id IS NOT NULL
      AND NOT (w.spares_critical AND (d.alert ->> 'severity' = 'critical' OR EXISTS (
          SELECT FROM deliveries m
          WHERE m.message_id = d.message_id AND m.state = 'pending' AND m.alert ->> 'severity' = 'critical'
      )))
""")
"""Lets what is due for these routes wait; where critical alerts go out at any time, so do messages that have one.
Digests have times of their own."""


async def wait_for_hours(work: UnitOfWork, now: datetime, told_later: timedelta) -> None:
    """Let what is due wait where the hours of its route have not begun: it may be another attempt, have waited for a
    receiver, or for a worker. Needs CLAIMS."""
    closed = []
    for each in await work.all(DUE_WITH_HOURS, {"now": now}):
        hours = hours_of(each.hours)
        if hours and (opens_at := opening_of(hours, "warning", now, told_later)) > now:
            closed.append((each.name, opens_at, hours.critical == "always"))
    if closed:
        names, openings, spared = map(list, zip(*closed, strict=True))
        await work.execute(WAIT, {"names": names, "openings": openings, "spared": spared, "now": now})
