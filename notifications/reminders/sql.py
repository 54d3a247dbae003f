"""SQL that SQLAlchemy Core would hide: arrays as tables, rows as JSON. Whoever runs one that writes holds CLAIMS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from notifications.alerts.columns import COLUMNS, STORED, AlertColumns
from services.persistence.documents import count_in
from services.persistence.statements import Query


class Place(NamedTuple):
    """A group of alerts that a route was told of."""

    route_name: str
    group_code: str


@dataclass(frozen=True, slots=True)
class Known(AlertColumns):
    """A delivery by which a route knows of an alert, and the alert as it is now. `is_last`: the route was told nothing
    later; `is_named`: a step of an escalation has named the route; `is_hushed`: something of the alert was withheld."""

    delivery_id: UUID
    route_name: str
    group_code: str
    told_at: datetime
    remind_at: datetime
    planned: int
    missed: int
    is_last: bool
    is_named: bool
    is_hushed: bool


DUE: Final = Query(
    Place,
    text("""
    SELECT DISTINCT route_name, group_code FROM (
        SELECT route_name, group_code FROM deliveries
        WHERE remind_at <= :now AND group_code IS NOT NULL AND state IN ('sent', 'unconfirmed')
        ORDER BY remind_at LIMIT :most
    ) due
"""),
)
"""Where something is to be looked at."""

_KNOWN: Final = f"""{COLUMNS}, d.id AS delivery_id, d.route_name, d.group_code, d.told_at, d.remind_at,
           coalesce({count_in("a.report -> 'planned'")}, 0) AS planned,
           coalesce({count_in("a.report -> 'missed'")}, 0) AS missed,
           NOT EXISTS (
               SELECT FROM deliveries o
               WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.alert_version > d.alert_version
                 AND (o.state <> 'superseded' OR o.attempts > 0)
           ) AS is_last,
           EXISTS (
               SELECT FROM deliveries o
               WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.change = 'escalated'
                 AND o.queued_at >= r.created_at
           ) AS is_named,
           EXISTS (SELECT FROM hushed_alerts h WHERE h.alert_id = d.alert_id) AS is_hushed"""  # noqa: S608 - constants only
KNOWN: Final = Query(
    Known,
    text(f"""
    SELECT {_KNOWN}
    FROM (
        SELECT d.* FROM unnest(
            CAST(:routes AS text[]), CAST(:groups AS text[]), CAST(:until AS timestamptz[])
        ) AS w(route_name, group_code, until)
        JOIN deliveries d ON d.route_name = w.route_name AND d.group_code = w.group_code AND d.remind_at <= w.until
        WHERE d.state IN ('sent', 'unconfirmed')
        ORDER BY d.remind_at, d.id LIMIT :most
    ) d
    JOIN alerts a ON a.id = d.alert_id LEFT JOIN routes r ON r.name = d.route_name
    ORDER BY d.remind_at, d.id
"""),  # noqa: S608 - constants only
)
"""What routes know of groups, and is to be looked at by then; what is due longest is first."""

KNOWN_OF_ALERT: Final = Query(
    Known,
    text(f"""
    SELECT {_KNOWN}
    FROM deliveries d JOIN alerts a ON a.id = d.alert_id LEFT JOIN routes r ON r.name = d.route_name
    WHERE d.alert_id = :alert_id AND d.remind_at IS NOT NULL AND d.state IN ('sent', 'unconfirmed')
      AND d.group_code IS NOT NULL
    ORDER BY d.route_name, d.id
"""),  # noqa: S608 - constants only
)
"""What routes know of an alert."""

LOOK: Final = text("""
    UPDATE deliveries d SET remind_at = w.look_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS w(id, look_at) WHERE d.id = w.id
""")
"""When these are looked at next; null: not any more."""

TELL_AGAIN: Final = text(f"""
    INSERT INTO deliveries (
        id, alert_id, alert_version, change, alert, route_name, channel, address, state, attempts, queued_at,
        next_attempt_at, group_code, reminders
    )
    SELECT w.new_id, a.id, a.version, d.change, {STORED}, d.route_name, d.channel, d.address, 'pending', 0,
           :queued_at, w.due_at, d.group_code, d.reminders + 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:new_ids AS uuid[]), CAST(:due AS timestamptz[])) AS w(id, new_id, due_at)
    JOIN deliveries d ON d.id = w.id JOIN alerts a ON a.id = d.alert_id
    ORDER BY a.id, d.route_name
    ON CONFLICT (alert_id, alert_version, route_name) DO UPDATE
    SET state = 'pending', sent_at = NULL, last_error = NULL, remind_at = NULL, alert = excluded.alert,
        queued_at = excluded.queued_at, next_attempt_at = excluded.next_attempt_at, reminders = excluded.reminders,
        earlier = CASE WHEN deliveries.reminders = 0 AND deliveries.message_id IS NOT NULL
                       THEN deliveries.earlier || deliveries.message_id ELSE deliveries.earlier END,
        reminder_id = excluded.id, message_id = NULL, more = NULL,
        attempts_before = deliveries.attempts, early_attempts = 0
    WHERE deliveries.state IN ('sent', 'unconfirmed', 'superseded')
""")  # noqa: S608 - constants only
"""Queues what routes know of alerts once more, as the alerts are now: in the same row, where nothing has changed since,
else in one of the present version."""

FORGET_ATTEMPTS: Final = text("""
    DELETE FROM delivery_attempts WHERE delivery_id = ANY(CAST(:ids AS uuid[]))
""")
