"""Send again what was queued for a route in a time, for a receiver that has lost data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from notifications.deliveries import claims
from notifications.domain.delivery import NotRetriable
from notifications.domain.route import NoSuchRoute
from notifications.routing import store as routes
from services.context import Context
from services.errors import Invalid
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork


class Replayed(NamedTuple):
    """A delivery that is sent again, and its message."""

    id: UUID
    message_id: UUID


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
        ) AND NOT EXISTS (
            SELECT FROM deliveries o WHERE o.digest_name = d.digest_name AND o.digest_due_at > d.digest_due_at
        )
        LIMIT :most
    )
    UPDATE deliveries d
    SET state = 'pending', sent_at = NULL, last_error = NULL, attempts_before = d.attempts, early_attempts = 0,
        remind_at = NULL,
        next_attempt_at = CAST(:now AS timestamptz) + again.place * interval '1 microsecond' - interval '1 second'
    FROM again WHERE d.id = again.id
    RETURNING d.id, coalesce(d.message_id, d.id) AS message_id
"""),
)
"""Makes messages that were queued for a route in a time due again, in the order in which they were made: whole, but
without what a newer delivery has overtaken. Their attempts begin anew. `most`: of more than is allowed, no more is
changed than shows it."""


LONGEST_WINDOW: Final = timedelta(days=31)
MOST_REPLAYED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Replay:
    """What was queued for the route from `since` on, and before `before`."""

    route: str
    since: datetime
    before: datetime


@dataclass(frozen=True, slots=True)
class Replays:
    """How many deliveries are sent again, and as how many messages."""

    deliveries: int
    messages: int


async def replay(work: UnitOfWork, context: Context, wanted: Replay) -> Replays:
    """Make them due now, each message under the id that it had, so that a receiver recognises what it has kept. Of an
    alert only the newest delivery is sent, as ever. Raises Invalid, NoSuchRoute, NotRetriable."""
    _check(wanted)
    await claims.lock_claims(work)
    route = await routes.one_for_change(work, wanted.route)
    if route is None:
        raise NoSuchRoute(f"no route has the name {wanted.route}")
    if route.disabled_at:
        raise NotRetriable("the route is disabled: put it again first")
    window = {"route_name": wanted.route, "since": wanted.since, "before": wanted.before}
    found = await work.all(REPLAY, window | {"now": context.now, "most": MOST_REPLAYED + 1})
    if len(found) > MOST_REPLAYED:
        raise Invalid.field("/to", f"give an earlier time: until then more than {MOST_REPLAYED:,} were queued")
    return Replays(len(found), len({each.message_id for each in found}))


def _check(wanted: Replay) -> None:
    if wanted.before <= wanted.since:
        raise Invalid.field("/to", "give a time after `from`")
    if wanted.before - wanted.since > LONGEST_WINDOW:
        raise Invalid.field(
            "/to", f"give at most {LONGEST_WINDOW.days} days after `from`, and the rest in another request"
        )
