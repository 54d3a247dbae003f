"""SQL that SQLAlchemy Core would hide: windows, lateral joins, and literals that partial indexes need.

Whoever runs one of these that writes holds CLAIMS, so that none waits for another's rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from notifications.domain.alert import ChangeKind
from notifications.domain.route import Language
from services.persistence.statements import Query


class ExpiredAttempt(NamedTuple):
    """An attempt whose lease ended before its outcome was recorded."""

    message_id: UUID
    attempt: int
    channel: str


class ClaimedDelivery(NamedTuple):
    """A delivery that was leased just now, as a part of its message; `alert` is the snapshot as it is stored."""

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
    change: ChangeKind
    alert: Mapping[str, Any]
    queued_at: datetime
    earlier: Sequence[UUID]


class Replayed(NamedTuple):
    """A delivery that is sent again, and its message."""

    id: UUID
    message_id: UUID


class Bundle(NamedTuple):
    """Deliveries of a route that go out together: of a message that was tried before, of a group, or a single one."""

    route_name: str
    message_id: UUID | None
    group_code: str | None
    single: UUID | None


class Reported(NamedTuple):
    """What an alert's figures were at one of its versions."""

    alert_id: UUID
    version: int
    figures: Mapping[str, Any]


class History(NamedTuple):
    """How many attempts of a message were early, whether one of all succeeded, and when its first part was queued."""

    early_attempts: int
    attempts_before: int
    was_sent: bool
    queued_at: datetime | None


ADOPT = text("""
    UPDATE deliveries SET message_id = id
    WHERE id IN (
        SELECT id FROM deliveries WHERE state = 'pending' AND message_id IS NULL AND attempts > 0
        UNION ALL
        SELECT id FROM deliveries WHERE state = 'sending' AND message_id IS NULL
    )
""")
"""Makes a message of its own of each delivery that the version before, which knows no messages, has attempted."""

EXPIRED: Final = Query(
    ExpiredAttempt,
    text("""
    SELECT DISTINCT message_id, attempts AS attempt, channel FROM deliveries
    WHERE state = 'sending' AND leased_until <= :now
"""),
)
"""Attempts that were under way when their lease ended."""

_POOL = """
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

_UNTOLD = """NOT EXISTS (
    SELECT FROM deliveries s WHERE s.alert_id = d.alert_id AND s.route_name = d.route_name AND s.state = 'sending'
)"""
"""No message tells this route of the alert just now."""

CHOOSE: Final = Query(
    Bundle,
    text(f"""
    WITH open AS MATERIALIZED (
        SELECT r.name, least(
            :per_route - coalesce(busy.held, 0),
            floor(least(:burst, coalesce(
                c.tokens + :per_second * greatest(0, extract(epoch FROM CAST(:now AS timestamptz) - c.refilled_at)),
                :burst
            ))),
            CASE WHEN c.failures >= :failures_to_pause AND EXISTS (
                SELECT FROM deliveries s WHERE s.state = 'sending' AND s.route_name = r.name
            ) THEN 0 WHEN c.failures >= :failures_to_pause THEN 1 END
        ) AS room
        FROM routes r LEFT JOIN receivers c ON c.route_name = r.name
        LEFT JOIN unnest(CAST(:busy_routes AS text[]), CAST(:busy_counts AS integer[])) AS busy(name, held)
               ON busy.name = r.name
        WHERE r.disabled_at IS NULL AND (r.paused_until IS NULL OR r.paused_until <= :now)
    ), heads AS (
        SELECT open.name, open.room FROM open CROSS JOIN LATERAL (
            SELECT d.next_attempt_at FROM deliveries d
            WHERE d.state = 'pending' AND d.route_name = open.name AND d.next_attempt_at <= :now AND {_UNTOLD}
            ORDER BY d.next_attempt_at LIMIT 1
        ) head
        WHERE open.room >= 1 ORDER BY head.next_attempt_at LIMIT :slots
    ), due AS (
        SELECT heads.name, heads.room, d.message_id,
               CASE WHEN d.message_id IS NULL THEN d.group_code END AS group_code,
               CASE WHEN d.message_id IS NULL AND d.group_code IS NULL THEN d.id END AS single,
               d.next_attempt_at
        FROM heads CROSS JOIN LATERAL (
            SELECT d.* FROM deliveries d
            WHERE d.state = 'pending' AND d.route_name = heads.name AND d.next_attempt_at <= :now AND {_UNTOLD}
            ORDER BY d.next_attempt_at, d.id LIMIT :window
        ) d
    ), bundles AS (
        SELECT name, room, message_id, group_code, single, min(next_attempt_at) AS due_at, row_number() OVER (
            PARTITION BY name ORDER BY min(next_attempt_at), message_id, group_code, single
        ) AS nth
        FROM due GROUP BY name, room, message_id, group_code, single
    )
    SELECT name AS route_name, message_id, group_code, single FROM bundles
    WHERE nth <= room ORDER BY due_at, message_id, group_code, single LIMIT :slots
"""),  # noqa: S608 - constants only
)
"""What is to be claimed, longest waiting first: messages that wait for another attempt, and groups whose first delivery
has waited. At most `slots`, and of one route what its receiver may be sent now: `per_route` with those that the claimer
is sending already, as many as its rate allows, and a single one where the receiver was away last. Reads the first due
deliveries of each route, `window` at most, however many wait."""

SUPERSEDE = text(f"""
    WITH {_POOL}, overtaken AS (
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
    WITH {_POOL}
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

FAIL_WITHOUT_ROUTE = text("""
    WITH RECURSIVE named AS (
        (SELECT route_name FROM deliveries WHERE state = 'pending' ORDER BY route_name LIMIT 1)
        UNION ALL
        SELECT (
            SELECT d.route_name FROM deliveries d
            WHERE d.state = 'pending' AND d.route_name > named.route_name ORDER BY d.route_name LIMIT 1
        ) FROM named WHERE named.route_name IS NOT NULL
    ), lost AS (
        SELECT named.route_name FROM named WHERE named.route_name IS NOT NULL
           AND NOT EXISTS (SELECT FROM routes r WHERE r.name = named.route_name AND r.disabled_at IS NULL)
    )
    UPDATE deliveries d
    SET state = 'failed', next_attempt_at = NULL, last_error = 'its route was removed or disabled'
    FROM lost WHERE d.route_name = lost.route_name AND d.state = 'pending' AND d.next_attempt_at <= :now
""")
"""Ends every due delivery whose route was removed or disabled. Reads one entry of the index for each route."""

CLAIM: Final = Query(
    ClaimedDelivery,
    text(f"""
    WITH {_POOL}, ready AS (
        SELECT d.id, d.route_name, d.message_id, d.early_attempts,
               coalesce(pool.message_id::text, pool.group_code, pool.single::text) AS bundle
        FROM pool JOIN deliveries d ON d.id = pool.id JOIN routes r ON r.name = d.route_name
        WHERE r.disabled_at IS NULL
          AND NOT EXISTS (
              SELECT FROM deliveries o
              WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.id <> d.id
                AND (o.state IN ('pending', 'sending') OR o.alert_version > d.alert_version)
          )
    ), members AS (
        SELECT id, max(early_attempts) OVER whole AS early_attempts, row_number() OVER bundled AS nth,
               coalesce(message_id, first_value(id) OVER bundled) AS message_id,
               greatest(count(*) OVER whole - :most, 0) AS more
        FROM ready
        WINDOW whole AS (PARTITION BY route_name, bundle), bundled AS (PARTITION BY route_name, bundle ORDER BY id)
    )
    UPDATE deliveries d
    SET state = 'sending', next_attempt_at = NULL, leased_until = :until, attempts = d.attempts + 1,
        early_attempts = members.early_attempts, message_id = members.message_id,
        channel = r.channel, address = r.address, more = coalesce(d.more, members.more),
        earlier = coalesce(d.earlier, ARRAY(
            SELECT coalesce(o.message_id, o.id) FROM deliveries o
            WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name
              AND o.alert_version < d.alert_version AND o.state IN ('sent', 'unconfirmed')
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
              d.more, d.leased_until, d.change, d.alert, d.queued_at, d.earlier
"""),  # noqa: S608 - constants only
)
"""Leases bundles, each as one message: one that was tried before, or a new one of at most `most` deliveries, which has
the id of its first delivery. None of an alert that another message tells the route of just now, or that has changed
since SUPERSEDE: which goes out is decided then. What a message says of others is kept from its first attempt on."""

COURSE: Final = Query(
    Reported,
    text("""
    SELECT DISTINCT ON (alert_id, alert_version) alert_id, alert_version AS version, alert -> 'figures' AS figures
    FROM deliveries WHERE alert_id = ANY(:alert_ids) ORDER BY alert_id, alert_version
"""),
)
"""The figures of alerts at each version of which a delivery to any route was queued."""

RECORD_STEP = text("""
    UPDATE deliveries
    SET state = :new_state, last_error = :error, next_attempt_at = :due_at, leased_until = NULL, sent_at = :accepted_at
    WHERE message_id = :message_id AND state <> 'sent' AND :attempt > attempts_before AND (
        attempts = :attempt OR (attempts > :attempt AND CAST(:new_state AS text) = 'sent' AND state <> 'sending')
    )
""")
"""Gives all deliveries that an attempt was about their next state. Those that had been taken out of the message before
have a lower number of attempts."""

RECORD_ATTEMPT = text("""
    INSERT INTO delivery_attempts (delivery_id, attempt, at, outcome, detail)
    SELECT id, CAST(:attempt AS integer), CAST(:at AS timestamptz), CAST(:outcome AS text), CAST(:detail AS text)
    FROM deliveries WHERE message_id = :message_id AND attempts >= :attempt
    ON CONFLICT (delivery_id, attempt)
    DO UPDATE SET at = excluded.at, outcome = excluded.outcome, detail = excluded.detail
""")
"""Adds an attempt to all deliveries that it was about; a later record of the same attempt replaces it."""

HISTORY: Final = Query(
    History,
    text("""
    SELECT coalesce(max(early_attempts), 0) AS early_attempts, coalesce(max(attempts_before), 0) AS attempts_before,
    EXISTS (
        SELECT FROM delivery_attempts a JOIN deliveries o ON o.id = a.delivery_id
        WHERE o.message_id = :message_id AND o.attempts >= :attempt AND a.outcome = 'sent'
          AND a.attempt > o.attempts_before
    ) AS was_sent, min(queued_at) AS queued_at
    FROM deliveries WHERE message_id = :message_id AND attempts >= :attempt
"""),
)

SEND_AGAIN = text("""
    UPDATE deliveries d SET state = 'pending', next_attempt_at = :now, leased_until = NULL
    WHERE (d.id = :delivery_id OR d.message_id = :message_id) AND d.state IN ('pending', 'failed', 'unconfirmed')
      AND NOT EXISTS (
          SELECT FROM deliveries o
          WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.alert_version > d.alert_version
      )
""")
"""Makes the message of a delivery due now, without those of its deliveries that a newer one has overtaken."""

RETIME = text("""
    UPDATE deliveries SET next_attempt_at = w.due_at
    FROM unnest(CAST(:severities AS text[]), CAST(:due AS timestamptz[])) AS w(severity, due_at)
    WHERE state = 'pending' AND route_name = :route AND attempts = 0 AND message_id IS NULL
      AND alert ->> 'severity' = w.severity
""")
"""Gives what waits for its first attempt to a route another time, by the severity of its alert."""

END_WAITS = text("""
    UPDATE deliveries SET next_attempt_at = :now, early_attempts = early_attempts + 1
    WHERE state = 'pending' AND route_name = :route_name AND next_attempt_at > :now
      AND early_attempts < attempts - attempts_before - early_attempts
""")
"""Makes what waits for another attempt to this route due now, once for each attempt that came on schedule. What waits
for others of its group has had no attempt."""

REPLAY: Final = Query(
    Replayed,
    text("""
    WITH wanted AS (
        SELECT DISTINCT message_id FROM deliveries
        WHERE route_name = :route_name AND queued_at >= :since AND queued_at < :before
          AND state IN ('sent', 'failed', 'unconfirmed')
    ), parts AS (
        SELECT d.id FROM wanted JOIN deliveries d ON d.message_id = wanted.message_id
        UNION
        SELECT id FROM deliveries
        WHERE route_name = :route_name AND queued_at >= :since AND queued_at < :before AND message_id IS NULL
    ), again AS (
        SELECT d.id, dense_rank() OVER (ORDER BY coalesce(d.message_id, d.id)) AS place
        FROM parts JOIN deliveries d ON d.id = parts.id
        WHERE d.state IN ('sent', 'failed', 'unconfirmed') AND NOT EXISTS (
            SELECT FROM deliveries o
            WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.alert_version > d.alert_version
        )
    )
    UPDATE deliveries d
    SET state = 'pending', sent_at = NULL, last_error = NULL, attempts_before = d.attempts, early_attempts = 0,
        next_attempt_at = CAST(:now AS timestamptz) + again.place * interval '1 microsecond' - interval '1 second'
    FROM again WHERE d.id = again.id
    RETURNING d.id, coalesce(d.message_id, d.id) AS message_id
"""),
)
"""Makes messages that were queued for a route in a time due again, in the order in which they were made: whole, but
without what a newer delivery has overtaken. Their attempts begin anew."""
