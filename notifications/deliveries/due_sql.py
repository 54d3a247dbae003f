"""What is due, and may be claimed now."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.persistence.statements import Query


class Bundle(NamedTuple):
    """Deliveries of a route that go out together: of a message that was tried before, of a group, or a single one."""

    route_name: str
    message_id: UUID | None
    group_code: str | None
    single: UUID | None


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
