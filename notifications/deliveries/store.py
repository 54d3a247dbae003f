"""Statements that write deliveries and attempts, and locking reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, and_, bindparam, exists, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from notifications.deliveries import sql
from notifications.domain.delivery import Step
from notifications.ownership.queries import alerts_of
from notifications.tables.deliveries import AttemptRow, DeliveryRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import columns_of, insert_many

_OF_ID = col(DeliveryRow.id) == bindparam("delivery_id")
_owner = bindparam("own_of", type_=Text)
FOR_UPDATE: Final = (
    select(DeliveryRow)
    .where(_OF_ID, or_(_owner.is_(None), col(DeliveryRow.alert_id).in_(alerts_of(_owner))))
    .with_for_update()
)
LOCK_EARLY_ATTEMPTS: Final = select(DeliveryRow.early_attempts).where(_OF_ID).with_for_update()
WAS_SENT: Final = select(
    exists().where(col(AttemptRow.delivery_id) == bindparam("delivery_id"), col(AttemptRow.outcome) == "sent")
)
_NEW_STATE = bindparam("new_state", type_=Text)
RECORD_STEP: Final = (
    update(DeliveryRow)
    .where(
        _OF_ID,
        col(DeliveryRow.state) != "sent",
        or_(
            col(DeliveryRow.attempts) == bindparam("attempt"),
            and_(_NEW_STATE == "sent", col(DeliveryRow.state) != "sending"),
        ),
    )
    .values(
        state=_NEW_STATE,
        last_error=bindparam("error"),
        next_attempt_at=bindparam("due_at"),
        leased_until=None,
        sent_at=bindparam("accepted_at"),
    )
    .execution_options(synchronize_session=False)
)
INSERT: Final = insert_many(DeliveryRow).on_conflict_do_nothing(
    index_elements=["alert_id", "alert_version", "route_name"]
)
_ATTEMPT = insert(AttemptRow)
RECORD_ATTEMPT: Final = _ATTEMPT.on_conflict_do_update(
    index_elements=["delivery_id", "attempt"],
    set_={name: _ATTEMPT.excluded[name] for name in ("at", "outcome", "detail")},
)


class Attempt(NamedTuple):
    """One attempt to send a delivery."""

    delivery_id: UUID
    number: int


class History(NamedTuple):
    """How many attempts of a delivery were early, and whether one of all succeeded."""

    early_attempts: int
    was_sent: bool


async def insert_all(work: UnitOfWork, rows: Sequence[DeliveryRow]) -> None:
    """Queue deliveries; one that is queued already stays as it is."""
    if rows:
        await work.execute(INSERT, columns_of(row.model_dump() for row in rows))


async def record_step(work: UnitOfWork, attempt: Attempt, step: Step, now: datetime) -> None:
    """Give the delivery its next state. Where a later attempt has begun meanwhile, only success still counts.

    Where that attempt is under way, even success waits for its end: its message may arrive at any moment, and a newer
    delivery must not be sent before.
    """
    values = {"delivery_id": attempt.delivery_id, "attempt": attempt.number, "new_state": step.state}
    times = {"due_at": step.next_attempt_at, "accepted_at": now if step.state == "sent" else None}
    await work.execute(RECORD_STEP, values | times | {"error": step.error})


async def record_attempt(work: UnitOfWork, attempt: Attempt, *, outcome: str, detail: str, now: datetime) -> None:
    """Record the outcome of an attempt; a later record of the same attempt replaces it."""
    values = {"delivery_id": attempt.delivery_id, "attempt": attempt.number, "at": now}
    await work.execute(RECORD_ATTEMPT, values | {"outcome": outcome, "detail": detail})


async def lock_history(work: UnitOfWork, delivery_id: UUID) -> History:
    """Locks the delivery, so that attempts that overlap see each other's outcome."""
    early = (await work.execute(LOCK_EARLY_ATTEMPTS, {"delivery_id": delivery_id})).scalar_one()
    return History(int(early), bool((await work.execute(WAS_SENT, {"delivery_id": delivery_id})).scalar_one()))


async def end_waits(work: UnitOfWork, route_name: str, now: datetime) -> None:
    """The receiver of this route answers again: what waits for another attempt there is due now.

    At most once for each attempt on schedule: a message that is refused for its own content is not sent again with each
    other message. Rows that others have locked are left out: two units of work that record outcomes at the same
    time would wait for each other's deliveries.
    """
    await work.execute(sql.END_WAITS, {"route_name": route_name, "now": now})


async def one_for_change(work: UnitOfWork, delivery_id: UUID, own_of: str | None) -> DeliveryRow | None:
    """The delivery, locked; where an organisation is given, among those of its own alerts."""
    found = await work.scalars(FOR_UPDATE, {"delivery_id": delivery_id, "own_of": own_of})
    row: DeliveryRow | None = found.one_or_none()
    return row
