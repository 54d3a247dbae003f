"""Statements that make messages of bundles of deliveries. Whoever runs one holds CLAIMS, so that none waits for others'
rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from notifications.domain.alert import ChangeKind
from notifications.domain.route import Language
from services.persistence.statements import Query


class ClaimedDelivery(NamedTuple):
    """A delivery that was leased just now, as a part of its message, which is new or was tried before; `alert` is the
    snapshot as it is stored, or `digest` what a digest says."""

    id: UUID
    message_id: UUID
    attempt: int
    route_name: str
    channel: str
    address: str
    secret: str | None
    previous_secret: str | None
    language: Language
    group_code: str | None
    group_name: str | None
    more: int
    leased_until: datetime
    change: ChangeKind | None
    alert: Mapping[str, Any] | None
    digest: Mapping[str, Any] | None
    queued_at: datetime
    earlier: Sequence[UUID]
    reminders: int
    is_new: bool


POOL = """
    chosen AS (
        SELECT * FROM unnest(CAST(:routes AS text[]), CAST(:messages AS uuid[]), CAST(:groups AS text[]),
                             CAST(:singles AS uuid[])) AS c(route_name, message_id, group_code, single)
    ), pool AS (
        SELECT c.*, d.id, d.alert_id FROM chosen c JOIN deliveries d ON d.message_id = c.message_id
        WHERE d.state = 'pending'
        UNION ALL
        SELECT c.*, d.id, d.alert_id FROM chosen c
        JOIN deliveries d ON d.route_name = c.route_name AND d.group_code = c.group_code
        WHERE d.state = 'pending' AND d.message_id IS NULL
        UNION ALL
        SELECT c.*, d.id, d.alert_id FROM chosen c JOIN deliveries d ON d.id = c.single
        WHERE d.state = 'pending' AND d.message_id IS NULL
    )
"""
"""The pending deliveries of bundles: whole, whether each of them is due or not."""

SUPERSEDE = text(f"""
    WITH {POOL}, overtaken AS (
        SELECT d.id, d.alert_id, d.route_name, d.message_id, d.next_attempt_at, n.version
        FROM (SELECT DISTINCT alert_id, route_name FROM pool) pair
        CROSS JOIN LATERAL (
            SELECT max(o.alert_version) AS version FROM deliveries o
            WHERE o.alert_id = pair.alert_id AND o.route_name = pair.route_name
        ) n
        JOIN deliveries d ON d.alert_id = pair.alert_id AND d.route_name = pair.route_name
        WHERE d.state = 'pending' AND n.version > d.alert_version
    ), inherited AS (
        UPDATE deliveries d SET next_attempt_at = waited.due_at
        FROM (
            SELECT alert_id, route_name, version, min(next_attempt_at) AS due_at FROM overtaken
            WHERE message_id IS NULL GROUP BY alert_id, route_name, version
        ) waited
        WHERE d.alert_id = waited.alert_id AND d.route_name = waited.route_name AND d.alert_version = waited.version
          AND d.state = 'pending' AND d.message_id IS NULL AND d.next_attempt_at > waited.due_at
    )
    UPDATE deliveries
    SET state = 'superseded', next_attempt_at = NULL,
        last_error = 'overtaken by version ' || overtaken.version || ' of the alert before it was sent'
    FROM overtaken WHERE deliveries.id = overtaken.id
    RETURNING deliveries.id
""")  # noqa: S608 - constants only
"""Ends every pending delivery of an alert of these bundles of which a newer one, of the same alert to the same route,
is queued. The newer one goes out when the one before would have: an alert that changes often must not hold up its
group."""

FORGET_UNTOLD = text(f"""
    WITH {POOL}
    UPDATE deliveries d
    SET state = 'superseded', next_attempt_at = NULL,
        last_error = 'the alert began and ended before the route was told of it'
    FROM pool
    WHERE d.id = pool.id AND d.state = 'pending' AND d.change = 'resolved' AND d.message_id IS NULL
      AND EXISTS (
          SELECT FROM deliveries o
          WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.alert_version < d.alert_version
      )
      AND NOT EXISTS (
          SELECT FROM deliveries o
          WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.alert_version < d.alert_version
            AND o.attempts > 0
      )
    RETURNING d.id
""")  # noqa: S608 - constants only
"""Ends the delivery of an alert's end where all that were queued before it were never attempted."""

CLAIM: Final = Query(
    ClaimedDelivery,
    text(f"""
    WITH {POOL}, ready AS (
        SELECT d.id, d.route_name, d.message_id, d.reminder_id, d.attempts, d.early_attempts,
               coalesce(pool.message_id::text, pool.group_code, pool.single::text) AS bundle
        FROM pool JOIN deliveries d ON d.id = pool.id JOIN routes r ON r.name = d.route_name
        WHERE r.disabled_at IS NULL
          AND NOT EXISTS (
              SELECT FROM deliveries o
              WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.id <> d.id
                AND (o.state IN ('pending', 'sending') OR o.alert_version > d.alert_version)
          )
    ), members AS (
        SELECT id, message_id IS NULL AS is_new, max(attempts) OVER whole AS attempts,
               max(early_attempts) OVER whole AS early_attempts, row_number() OVER bundled AS nth,
               coalesce(message_id, first_value(coalesce(reminder_id, id)) OVER bundled) AS message_id,
               greatest(count(*) OVER whole - :most, 0) AS more
        FROM ready
        WINDOW whole AS (PARTITION BY route_name, bundle), bundled AS (PARTITION BY route_name, bundle ORDER BY id)
    )
    UPDATE deliveries d
    SET state = 'sending', next_attempt_at = NULL, leased_until = :until, attempts = members.attempts + 1,
        attempts_before = CASE WHEN members.is_new THEN members.attempts ELSE d.attempts_before END,
        early_attempts = members.early_attempts, message_id = members.message_id,
        channel = r.channel, address = r.address, more = coalesce(d.more, members.more),
        earlier = coalesce(d.earlier, ARRAY(
            SELECT coalesce(o.message_id, o.earlier[cardinality(o.earlier)], o.id) FROM deliveries o
            WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.alert_version < d.alert_version
              AND (o.state IN ('sent', 'unconfirmed') OR o.reminders > 0)
            ORDER BY o.alert_version
        ))
    FROM members, routes r
    WHERE d.id = members.id AND members.nth <= :most AND r.name = d.route_name AND d.state = 'pending'
    RETURNING d.id, d.message_id, d.attempts AS attempt, d.route_name, d.channel, d.address, r.secret,
              CASE WHEN r.previous_secret_until > :now THEN r.previous_secret END AS previous_secret,
              r.language, d.group_code, (
                  SELECT u.name FROM units u
                  WHERE d.group_code LIKE 'unit:%' AND u.code = substr(d.group_code, length('unit:') + 1)
              ) AS group_name,
              d.more, d.leased_until, d.change, d.alert, d.digest, d.queued_at, d.earlier,
              d.reminders, members.is_new
"""),  # noqa: S608 - constants only
)
"""Leases bundles, each as one message: one that was tried before, or a new one of at most `most` deliveries, which has
the id of its first delivery, or of the reminder that this is. None of an alert that another message tells the route of
just now, or that has changed since SUPERSEDE: which goes out is decided then. What a message says of others is kept
from its first attempt on. Its attempts are counted on from those that any of its deliveries had in messages before."""
