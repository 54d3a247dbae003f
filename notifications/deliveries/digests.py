"""Queue digests: one delivery for each time that one is due, and none of an older one any more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, Text, bindparam, update

from notifications.deliveries import store
from notifications.messages.digest_snapshot import DigestSnapshot
from notifications.tables.deliveries import DeliveryRow
from notifications.tables.routing import RouteRow
from services.context import Context
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import table_of

_TABLE: Final = table_of(DeliveryRow)
SUPERSEDE_OLDER: Final = (
    update(_TABLE)
    .where(_TABLE.c.digest_name == bindparam("of_digest", type_=Text))
    .where(_TABLE.c.digest_due_at < bindparam("due_at", type_=DateTime(timezone=True)))
    .where(_TABLE.c.state == "pending")
    .values(state="superseded", next_attempt_at=None, last_error="overtaken by a newer digest before it was sent")
)


async def queue_digest(
    work: UnitOfWork, context: Context, route: RouteRow, due_at: datetime, digest: DigestSnapshot
) -> None:
    """Queue the digest that was due then, unless it is queued already; it goes out now, whatever the hours of the
    route. One that waits still covers less, and ends. Needs `lock_claims`."""
    await work.execute(SUPERSEDE_OLDER, {"of_digest": digest.name, "due_at": due_at})
    row = DeliveryRow(
        id=new_id(),
        digest_name=digest.name,
        digest_due_at=due_at,
        digest=digest.stored(),
        route_name=route.name,
        channel=route.channel,
        address=route.address,
        state="pending",
        attempts=0,
        queued_at=context.at,
        next_attempt_at=context.now,
    )
    await store.insert_digest(work, row)
