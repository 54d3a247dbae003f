"""SQL that SQLAlchemy Core would hide: rows as JSON, and arrays of what belongs to a row."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from notifications.alerts.columns import COLUMNS, STORED, AlertColumns
from services.persistence.statements import Query

UNTOLD: Final = Query(
    AlertColumns,
    text(f"""
    SELECT {COLUMNS}
    FROM alerts a
    WHERE a.status <> 'resolved' AND NOT EXISTS (
        SELECT FROM deliveries d
        WHERE d.alert_id = a.id AND d.route_name = :route AND d.state NOT IN ('failed', 'superseded')
          AND d.queued_at >= (SELECT r.created_at FROM routes r WHERE r.name = :route)
    )
    ORDER BY a.id
"""),  # noqa: S608 - constants only
)
"""The unresolved alerts of which a route was not told, and is about to be told nothing: there are no deliveries, or all
have failed, or were those of a route that had its name before."""

QUEUE: Final = text(f"""
    INSERT INTO deliveries (
        id, alert_id, alert_version, change, alert, route_name, channel, address, state, attempts, queued_at,
        next_attempt_at, group_code
    )
    SELECT w.id, a.id, a.version, w.change, {STORED}, r.name, r.channel, r.address, 'pending', 0,
           :queued_at, w.due_at, w.group_code
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:alert_ids AS uuid[]), CAST(:changes AS text[]), CAST(:groups AS text[]),
        CAST(:due AS timestamptz[])
    ) AS w(id, alert_id, change, group_code, due_at)
    JOIN alerts a ON a.id = w.alert_id CROSS JOIN routes r
    WHERE r.name = :route
    ORDER BY a.id
    ON CONFLICT (alert_id, alert_version, route_name)
    DO UPDATE SET state = 'pending', next_attempt_at = excluded.next_attempt_at, leased_until = NULL, sent_at = NULL,
        last_error = NULL, attempts_before = deliveries.attempts, early_attempts = 0, queued_at = excluded.queued_at,
        reminders = 0, remind_at = NULL
    WHERE deliveries.state = 'failed'
       OR deliveries.queued_at < (SELECT r.created_at FROM routes r WHERE r.name = excluded.route_name)
""")  # noqa: S608 - constants only
"""Queues a delivery of each alert for one route, in one statement for thousands; one that has failed, or was that of a
route that had its name before, begins anew. The alert is stored as ReportedAlert reads it."""

LOOK_FOR_REMINDERS: Final = text("""
    UPDATE deliveries d SET remind_at = :now FROM alerts a
    WHERE a.status <> 'resolved' AND d.alert_id = a.id AND d.route_name = :route
      AND d.state IN ('sent', 'unconfirmed') AND d.told_at IS NOT NULL AND d.group_code IS NOT NULL
""")
"""Lets the clock look at what the route knows of unresolved alerts."""
