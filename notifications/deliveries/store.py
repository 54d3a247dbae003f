"""Statements that write deliveries and attempts, and locking reads. Whoever changes states holds CLAIMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, literal_column, null, or_, update
from sqlmodel import col, select

from notifications.deliveries import attempts_sql, waits_sql
from notifications.deliveries.attempts_sql import History
from notifications.domain.delivery import Step
from notifications.ownership.queries import alerts_of
from notifications.tables.deliveries import DeliveryRow
from services.context import Context
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import columns_of, insert_many, table_of
from services.vocabulary import Severity

_OF_ID = col(DeliveryRow.id) == bindparam("delivery_id")
_owner = bindparam("own_of", type_=Text)
FOR_UPDATE: Final = (
    select(DeliveryRow)
    .where(_OF_ID, or_(_owner.is_(None), col(DeliveryRow.alert_id).in_(alerts_of(_owner))))
    .with_for_update()
    .execution_options(populate_existing=True)
)
TAKE_OUT: Final = (
    update(DeliveryRow)
    .where(_OF_ID)
    .values(message_id=bindparam("alone", type_=Uuid))
    .execution_options(synchronize_session=False)
)
_LATER: Final = {"earlier", "more", "reminders", "reminder_id", "told_at", "remind_at"}
_QUEUED: Final = tuple(each.name for each in table_of(DeliveryRow).columns if each.name not in _LATER)
"""Of a delivery that was not claimed yet."""
_NEW: Final = insert_many(DeliveryRow, *_QUEUED)
_row: Final = table_of(DeliveryRow).c
_ANEW: Final = ("change", "alert", "channel", "address", "state", "queued_at", "next_attempt_at", "group_code")
INSERT: Final = _NEW.on_conflict_do_update(
    index_elements=["alert_id", "alert_version", "route_name"],
    set_={
        "early_attempts": literal_column("0"),
        **{name: _NEW.excluded[name] for name in _ANEW},
        "reminder_id": _NEW.excluded.id,
        "attempts_before": _row.attempts,
        **dict.fromkeys(("message_id", "more", "last_error"), null()),
    },
    where=_row.state == "superseded",
)
"""A delivery that is queued already stays as it is; one that was held before it was sent is queued again."""
INSERT_DIGEST: Final = _NEW.on_conflict_do_nothing()


class Attempt(NamedTuple):
    """One attempt to send a message."""

    message_id: UUID
    number: int
    channel: str


async def insert_all(work: UnitOfWork, rows: Sequence[DeliveryRow]) -> None:
    """Queue deliveries, the first of each alert at a version to a route; one that is queued already stays as it is."""
    first = {(row.alert_id, row.alert_version, row.route_name): row for row in reversed(rows)}
    if first:
        await work.execute(INSERT, columns_of((row.model_dump() for row in first.values()), *_QUEUED))


async def insert_digest(work: UnitOfWork, row: DeliveryRow) -> None:
    """Queue a digest; one that is queued already for its time stays as it is."""
    await work.execute(INSERT_DIGEST, columns_of([row.model_dump()], *_QUEUED))


async def retime(work: UnitOfWork, route_name: str, due: Mapping[Severity, datetime]) -> None:
    """Let what was never attempted to this route be due then, by the severity of its alert."""
    values = {"route": route_name, "severities": list(due), "due": list(due.values())}
    await work.execute(waits_sql.RETIME, values)


async def give_up(work: UnitOfWork, route_name: str) -> None:
    """End what waits for this route."""
    await work.execute(waits_sql.GIVE_UP, {"route": route_name})


async def take_out(work: UnitOfWork, delivery_id: UUID) -> UUID:
    """Make the delivery a message of its own, and return its id."""
    alone = new_id()
    await work.execute(TAKE_OUT, {"delivery_id": delivery_id, "alone": alone})
    return alone


async def record_step(work: UnitOfWork, attempt: Attempt, step: Step, context: Context) -> None:
    """Give the message its next state; what went out is looked at for a reminder. Where a later attempt has begun
    meanwhile, only success still counts.

    Where that attempt is under way, even success waits for its end: its message may arrive at any moment, and a newer
    delivery must not be sent before.
    """
    values = {"message_id": attempt.message_id, "attempt": attempt.number, "new_state": step.state}
    times = {
        "due_at": step.next_attempt_at,
        "accepted_at": context.at if step.state == "sent" else None,
        "told_at": context.now if step.state in ("sent", "unconfirmed") else None,
    }
    await work.execute(attempts_sql.RECORD_STEP, values | times | {"error": step.error})


async def record_attempt(work: UnitOfWork, attempt: Attempt, *, outcome: str, detail: str, now: datetime) -> None:
    """Record the outcome of an attempt; a later record of the same attempt replaces it."""
    values = {"message_id": attempt.message_id, "attempt": attempt.number, "at": now}
    await work.execute(attempts_sql.RECORD_ATTEMPT, values | {"outcome": outcome, "detail": detail})


async def history(work: UnitOfWork, attempt: Attempt) -> History:
    """What came of the message so far."""
    [found] = await work.all(attempts_sql.HISTORY, {"message_id": attempt.message_id, "attempt": attempt.number})
    return found


async def end_waits(work: UnitOfWork, route_name: str, now: datetime) -> None:
    """The receiver of this route answers again: what waits for another attempt there is due now.

    At most once for each attempt on schedule: a message that is refused for its own content is not sent again with each
    other message.
    """
    await work.execute(waits_sql.END_WAITS, {"route_name": route_name, "now": now})


async def send_again(work: UnitOfWork, row: DeliveryRow, due_at: datetime) -> None:
    """Make the message of this delivery due then; one without a message waits for its group no longer."""
    await work.execute(waits_sql.SEND_AGAIN, {"delivery_id": row.id, "message_id": row.message_id, "due_at": due_at})


async def one_for_change(work: UnitOfWork, delivery_id: UUID, own_of: str | None) -> DeliveryRow | None:
    """The delivery, locked; where an organisation is given, among those of its own alerts."""
    found = await work.scalars(FOR_UPDATE, {"delivery_id": delivery_id, "own_of": own_of})
    row: DeliveryRow | None = found.one_or_none()
    return row


async def one_again(work: UnitOfWork, row: DeliveryRow) -> DeliveryRow:
    """The delivery as statements have made it."""
    found: DeliveryRow = (await work.scalars(FOR_UPDATE, {"delivery_id": row.id, "own_of": None})).one()
    return found
