"""What a person does with dead letters: look at them, have them tried again, drop one with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from services.messaging.dead_letters import raw_of, storable
from services.persistence.unit_of_work import ReadSession, UnitOfWork

_CHOSEN = """
    (CAST(:id AS uuid) IS NULL OR id = :id) AND (CAST(:type AS text) IS NULL OR type = :type)
    AND (CAST(:before AS timestamptz) IS NULL OR parked_at < :before)
"""
_LIST = text(f"""
    SELECT id, type, body, raw, error, attempts, parked_at, retry_at, dropped_at, drop_reason FROM parked_events
    WHERE {_CHOSEN} AND (:everything OR id = :id OR (retry_at IS NULL AND dropped_at IS NULL))
    ORDER BY parked_at, id
""")  # noqa: S608 - our own words
_REPLAY = text(f"""
    UPDATE parked_events SET retry_at = :now, attempts = 0, begun = 0, dropped_at = NULL, drop_reason = NULL
    WHERE {_CHOSEN} AND (id = :id OR (retry_at IS NULL AND dropped_at IS NULL))
    RETURNING id
""")  # noqa: S608 - our own words
_DROP = text(
    "UPDATE parked_events SET retry_at = NULL, dropped_at = :now, drop_reason = :reason"
    " WHERE id = :id AND dropped_at IS NULL RETURNING id"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters are meant; None leaves a condition open. `before` is when they were set apart."""

    id: UUID | None = None
    type: str | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A letter as it is shown: `retry_at` where it is tried again by itself, `dropped_at` where it was dropped."""

    id: UUID
    type: str
    raw: bytes
    error: str
    attempts: int
    parked_at: datetime
    retry_at: datetime | None
    dropped_at: datetime | None
    drop_reason: str | None

    @property
    def state(self) -> str:
        """`dropped`, `retrying` or `dead`."""
        if self.dropped_at:
            return "dropped"
        return "retrying" if self.retry_at else "dead"


async def find(session: ReadSession, choice: Choice, *, everything: bool = False) -> Sequence[DeadLetter]:
    """The dead letters that are meant, oldest first; with `everything` also those retried by themselves and dropped."""
    rows = await session.execute(_LIST, _values(choice) | {"everything": everything})
    return [
        DeadLetter(
            row.id,
            row.type,
            raw_of(row),
            row.error,
            row.attempts,
            row.parked_at,
            row.retry_at,
            row.dropped_at,
            row.drop_reason,
        )
        for row in rows
    ]


async def replay(work: UnitOfWork, choice: Choice, now: datetime) -> int:
    """Let the service's worker try them again; how many those are. One that is named by its id may be in any state."""
    return len((await work.execute(_REPLAY, _values(choice) | {"now": now})).all())


async def drop(work: UnitOfWork, letter_id: UUID, reason: str, now: datetime) -> bool:
    """Give a letter up; it stays on record with the reason. Whether there was one that was not dropped before."""
    values = {"id": letter_id, "reason": storable(reason), "now": now}
    return (await work.execute(_DROP, values)).first() is not None


def _values(choice: Choice) -> dict[str, object]:
    return {"id": choice.id, "type": choice.type, "before": choice.before}
