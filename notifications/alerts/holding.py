"""Hold what was queued before a silence began, or the alert of a unit above: it is told by the rules of what is hushed,
as if it had come about since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import text

from notifications.alerts.columns import COLUMNS, AlertColumns
from notifications.alerts.hushing import hushed_row
from notifications.alerts.mutes import anything_hushes, mutes_of
from notifications.deliveries.claim_sql import POOL
from notifications.deliveries.claims import Chosen
from notifications.domain.alert import ChangeKind
from notifications.domain.hush import Withheld
from notifications.hushed import store as hushed
from services.context import Context
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


class ToHold(NamedTuple):
    """A delivery that is not to be sent. `was_told`: the route knows of the alert by another; `is_news`: else the
    delivery repeats what the route knows."""

    id: UUID
    alert_id: UUID
    route_name: str
    change: ChangeKind
    was_told: bool
    is_news: bool


ALERTS: Final = Query(
    AlertColumns,
    text(f"""
    WITH {POOL}
    SELECT {COLUMNS} FROM alerts a
    WHERE a.status <> 'resolved' AND a.id IN (
        SELECT d.alert_id FROM pool JOIN deliveries d ON d.id = pool.id WHERE d.change <> 'resolved'
    )
"""),  # noqa: S608 - constants only
)
"""What bundles tell of, but for what is over: an end is always told."""

TO_HOLD: Final = Query(
    ToHold,
    text(f"""
    WITH {POOL}
    SELECT d.id, d.alert_id, d.route_name, d.change, d.attempts > 0 OR EXISTS (
        SELECT FROM deliveries o
        WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name AND o.id <> d.id
          AND (o.state <> 'superseded' OR o.attempts > 0)
    ) AS was_told, d.told_at IS NULL AND d.reminders = 0 AS is_news
    FROM pool JOIN deliveries d ON d.id = pool.id
    WHERE d.state = 'pending' AND d.change <> 'resolved' AND d.alert_id = ANY(CAST(:alert_ids AS uuid[]))
    ORDER BY d.id
"""),  # noqa: S608 - constants only
)
"""What of bundles tells of hushed alerts. Nobody but whoever holds CLAIMS changes it."""

HOLD: Final = text("""
    UPDATE deliveries d
    SET state = CASE WHEN d.told_at IS NULL THEN 'superseded' WHEN before.sent_at IS NULL THEN 'unconfirmed'
                     ELSE 'sent' END,
        sent_at = CASE WHEN d.told_at IS NOT NULL THEN before.sent_at END, next_attempt_at = NULL,
        remind_at = CASE WHEN d.told_at IS NOT NULL AND d.group_code IS NOT NULL
                         THEN CAST(:now AS timestamptz) END,
        last_error = CASE WHEN d.told_at IS NULL
                          THEN 'the alert was hushed before this was sent; it is told once nothing hushes it' END
    FROM unnest(CAST(:ids AS uuid[])) AS w(id) CROSS JOIN LATERAL (
        SELECT max(a.at) AS sent_at FROM delivery_attempts a WHERE a.delivery_id = w.id AND a.outcome = 'sent'
    ) before
    WHERE d.id = w.id
""")
"""Ends these deliveries; one that has told its route before is as it was then."""

RESUME: Final = text("""
    UPDATE deliveries d SET remind_at = :now
    FROM unnest(CAST(:alert_ids AS uuid[]), CAST(:routes AS text[])) AS w(alert_id, route_name)
    WHERE d.alert_id = w.alert_id AND d.route_name = w.route_name AND d.state IN ('sent', 'unconfirmed')
      AND d.told_at IS NOT NULL AND d.group_code IS NOT NULL
""")
"""Has the clock look again at what routes know, of which they were about to be reminded."""


async def hold(work: UnitOfWork, context: Context, chosen: Chosen) -> int:
    """Of bundles that are about to be sent, hold what tells of hushed alerts; how much that was. Needs CLAIMS and
    ROUTES, shared."""
    if not await anything_hushes(work, context.at):
        return 0
    alerts = await work.all(ALERTS, chosen)
    mutes = await mutes_of(work, [alert.candidate for alert in alerts], context.at)
    if not mutes:
        return 0
    held = await work.all(TO_HOLD, {**chosen, "alert_ids": list(mutes)})
    kept = _withheld(held)
    await hushed.keep(work, [hushed_row(i, kept[i], mutes[i], context.at) for i in sorted(kept)])
    await work.execute(HOLD, {"ids": [each.id for each in held], "now": context.now})
    if reminders := [each for each in held if not each.is_news]:
        alert_ids, routes = [each.alert_id for each in reminders], [each.route_name for each in reminders]
        await work.execute(RESUME, {"alert_ids": alert_ids, "routes": routes, "now": context.now})
    for each in held:
        log.info("delivery_held", alert=str(each.alert_id), route=each.route_name, reason=str(mutes[each.alert_id]))
    return len(held)


def _withheld(held: Sequence[ToHold]) -> Mapping[UUID, Withheld]:
    """By alert: a route that does not know of it hears of it as it stands."""
    kept: dict[UUID, Withheld] = defaultdict(Withheld)
    for each in held:
        if each.is_news:
            before = kept[each.alert_id]
            if each.change == "escalated":
                kept[each.alert_id] = before.followed_by(each.change, [each.route_name])
            else:
                kept[each.alert_id] = before.followed_by(each.change, ()) if each.was_told else before
    return kept
