"""SQL that SQLAlchemy Core would hide: rows as JSON, and arrays of what belongs to a row."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from notifications.domain.alert import Status
from services.persistence.statements import Query
from services.vocabulary import Measure, Scheme, Severity


class Untold(NamedTuple):
    """What routes and groups go by of an unresolved alert."""

    id: UUID
    status: Status
    path: list[str]
    severity: Severity
    scheme: Scheme
    measure: Measure
    subject: dict[str, Any]
    owner: str | None
    level: int
    organisations: list[str]


UNTOLD: Final = Query(
    Untold,
    text("""
    SELECT a.id, a.status, a.path, a.severity, a.scheme, a.measure, a.subject, a.owner, a.level,
           ARRAY(SELECT o.organisation_code FROM alert_owners o WHERE o.alert_id = a.id) AS organisations
    FROM alerts a
    WHERE a.status <> 'resolved' AND NOT EXISTS (
        SELECT FROM deliveries d
        WHERE d.alert_id = a.id AND d.route_name = :route AND d.state NOT IN ('failed', 'superseded')
          AND d.queued_at >= (SELECT r.created_at FROM routes r WHERE r.name = :route)
    )
    ORDER BY a.id
"""),
)
"""The unresolved alerts of which a route was not told, and is about to be told nothing: there are no deliveries, or all
have failed, or were those of a route that had its name before."""

QUEUE: Final = text("""
    INSERT INTO deliveries (
        id, alert_id, alert_version, change, alert, route_name, channel, address, state, attempts, queued_at,
        next_attempt_at, group_code
    )
    SELECT w.id, a.id, a.version, w.change, to_jsonb(a) || jsonb_build_object(
               'changed_at', greatest(a.raised_at, a.acknowledged_at, a.reported_at),
               'correlation_id', CAST(:correlation_id AS text),
               'acknowledger', CASE WHEN a.acknowledged_by IS NOT NULL THEN jsonb_build_object(
                   'subject', coalesce(a.acknowledged_subject, a.acknowledged_by), 'name', a.acknowledged_name,
                   'organisation_code', a.acknowledged_by
               ) END
           ), r.name, r.channel, r.address, 'pending', 0, :queued_at, w.due_at, w.group_code
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:alert_ids AS uuid[]), CAST(:changes AS text[]), CAST(:groups AS text[]),
        CAST(:due AS timestamptz[])
    ) AS w(id, alert_id, change, group_code, due_at)
    JOIN alerts a ON a.id = w.alert_id CROSS JOIN routes r
    WHERE r.name = :route
    ORDER BY a.id
    ON CONFLICT (alert_id, alert_version, route_name)
    DO UPDATE SET state = 'pending', next_attempt_at = excluded.next_attempt_at, leased_until = NULL, sent_at = NULL,
        last_error = NULL, attempts_before = deliveries.attempts, early_attempts = 0, queued_at = excluded.queued_at
    WHERE deliveries.state = 'failed'
       OR deliveries.queued_at < (SELECT r.created_at FROM routes r WHERE r.name = excluded.route_name)
""")
"""Queues a delivery of each alert for one route, in one statement for thousands; one that has failed, or was that of a
route that had its name before, begins anew. The alert is stored as ReportedAlert reads it."""
