"""SQL that SQLAlchemy Core would hide: windows, lateral joins, and literals that partial indexes need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from notifications.domain.alert import ChangeKind
from services.persistence.statements import Query


class ExpiredAttempt(NamedTuple):
    """An attempt whose lease ended before its outcome was recorded."""

    delivery_id: UUID
    attempt: int
    channel: str


class ClaimedDelivery(NamedTuple):
    """A delivery that was leased just now; `alert` is the snapshot as it is stored."""

    id: UUID
    attempt: int
    route_name: str
    channel: str
    address: str
    secret: str | None
    previous_secret: str | None
    change: ChangeKind
    alert: Mapping[str, Any]
    queued_at: datetime
    leased_until: datetime
    is_first: bool


EXPIRED: Final = Query(
    ExpiredAttempt,
    text("""
    SELECT id AS delivery_id, attempts AS attempt, channel FROM deliveries
    WHERE state = 'sending' AND leased_until <= :now
    ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
"""),
)
"""Which deliveries are being sent by somebody whose lease is over? Locks them."""

SUPERSEDE = text("""
    UPDATE deliveries
    SET state = 'superseded', next_attempt_at = NULL,
        last_error = 'overtaken by version ' || newest.version || ' of the alert before it was sent'
    FROM (
        SELECT d.id, n.version FROM deliveries d
        CROSS JOIN LATERAL (
            SELECT max(o.alert_version) AS version FROM deliveries o
            WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name
        ) n
        WHERE d.state = 'pending' AND n.version > d.alert_version
        FOR UPDATE OF d SKIP LOCKED
    ) newest
    WHERE deliveries.id = newest.id
""")
"""Ends every pending delivery of which a newer one, of the same alert to the same route, is queued."""

FAIL_WITHOUT_ROUTE = text("""
    UPDATE deliveries
    SET state = 'failed', next_attempt_at = NULL, last_error = 'its route was removed or disabled'
    WHERE id IN (
        SELECT id FROM deliveries WHERE state = 'pending' AND next_attempt_at <= :now
          AND NOT EXISTS (SELECT 1 FROM routes r WHERE r.name = route_name AND r.disabled_at IS NULL)
        FOR UPDATE SKIP LOCKED
    )
""")
"""Ends every due delivery whose route was removed or disabled."""

CLAIM: Final = Query(
    ClaimedDelivery,
    text("""
    WITH ranked AS (
        SELECT d.id, d.route_name,
               row_number() OVER (PARTITION BY d.route_name ORDER BY d.next_attempt_at, d.id) AS nth
        FROM deliveries d JOIN routes r ON r.name = d.route_name
        WHERE d.state = 'pending' AND d.next_attempt_at <= :now AND (r.paused_until IS NULL OR r.paused_until <= :now)
          AND NOT EXISTS (
              SELECT FROM deliveries o
              WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name
                AND (o.state = 'sending' OR o.alert_version > d.alert_version)
          )
    ), due AS (
        SELECT d.id FROM deliveries d
        JOIN ranked ON ranked.id = d.id
        LEFT JOIN unnest(CAST(:busy_routes AS text[]), CAST(:busy_counts AS integer[])) AS busy(name, held)
               ON busy.name = ranked.route_name
        WHERE d.state = 'pending' AND ranked.nth + coalesce(busy.held, 0) <= :per_route
        ORDER BY d.next_attempt_at, d.id LIMIT :slots
        FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE deliveries d
    SET state = 'sending', next_attempt_at = NULL, leased_until = :until, attempts = d.attempts + 1,
        channel = r.channel, address = r.address
    FROM due, routes r
    WHERE d.id = due.id AND r.name = d.route_name AND r.disabled_at IS NULL
    RETURNING d.id, d.attempts AS attempt, d.route_name, d.channel, d.address, r.secret,
              CASE WHEN r.previous_secret_until > :now THEN r.previous_secret END AS previous_secret,
              d.change, d.alert, d.queued_at, d.leased_until,
              NOT EXISTS (
                  SELECT FROM deliveries o WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name
                  AND o.alert_version < d.alert_version AND o.state IN ('sent', 'unconfirmed')
              ) AS is_first
"""),
)
"""Leases the deliveries that are due, longest waiting first: at most `slots`, and `per_route` of one route, including
those that the claimer is sending already; of one alert to one route only the newest, and none while another is sent."""

END_WAITS = text("""
    UPDATE deliveries SET next_attempt_at = :now, early_attempts = early_attempts + 1
    WHERE id IN (
        SELECT id FROM deliveries
        WHERE state = 'pending' AND route_name = :route_name AND next_attempt_at > :now
          AND early_attempts < attempts - early_attempts
        FOR UPDATE SKIP LOCKED
    )
""")
"""Makes what waits for another attempt to this route due now, once for each attempt that came on schedule."""
