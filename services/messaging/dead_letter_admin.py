"""Operations on dead letters: list them, have them tried again, drop one with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.messaging.dead_letters import raw_of, storable
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork

_REPLAY = text("""
    WITH chosen AS (
        SELECT id FROM dead_letters
        WHERE (CAST(:id AS uuid) IS NULL OR id = :id) AND (CAST(:type AS text) IS NULL OR type = :type)
          AND (CAST(:before AS timestamptz) IS NULL OR kept_at < :before)
          AND (id = :id OR (retry_at IS NULL AND dropped_at IS NULL))
        ORDER BY id FOR UPDATE
    )
    UPDATE dead_letters SET retry_at = :now, attempts = 0, begun = 0, dropped_at = NULL, drop_reason = NULL
    WHERE id IN (SELECT id FROM chosen) RETURNING id
""")
"""In the order in which those that arrive are kept: two that meet wait one way."""
_DROP = text(
    "UPDATE dead_letters SET retry_at = NULL, dropped_at = :now, drop_reason = :reason"
    " WHERE id = :id AND dropped_at IS NULL RETURNING id"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which dead letters are meant; None leaves a condition open. `before` is when they were set apart."""

    id: UUID | None = None
    type: str | None = None
    before: datetime | None = None


class DeadLetter(NamedTuple):
    """A dead letter as it is shown: `retry_at` where it is tried again by itself, `dropped_at` where it was dropped.

    `original` holds the bytes that arrived where they are no text that PostgreSQL takes, which is then in `body`.
    """

    id: UUID
    type: str
    body: str
    original: bytes | None
    error: str
    attempts: int
    kept_at: datetime
    retry_at: datetime | None
    dropped_at: datetime | None
    drop_reason: str | None

    @property
    def raw(self) -> bytes:
        """The bytes that arrived."""
        return raw_of(self.original, self.body)

    @property
    def state(self) -> str:
        """`dropped`, `retrying` or `dead`."""
        if self.dropped_at:
            return "dropped"
        return "retrying" if self.retry_at else "dead"


LIST: Final = Query(
    DeadLetter,
    text("""
        SELECT id, type, body, raw AS original, error, attempts, kept_at, retry_at, dropped_at, drop_reason
        FROM dead_letters
        WHERE (CAST(:id AS uuid) IS NULL OR id = :id) AND (CAST(:type AS text) IS NULL OR type = :type)
          AND (CAST(:before AS timestamptz) IS NULL OR kept_at < :before)
          AND (:everything OR id = :id OR (retry_at IS NULL AND dropped_at IS NULL))
        ORDER BY kept_at, id
    """),
)


async def find(session: ReadSession, choice: Choice, *, everything: bool = False) -> Sequence[DeadLetter]:
    """The dead letters that are meant, oldest first; with `everything` also those retried by themselves and dropped."""
    return await session.all(LIST, _values(choice) | {"everything": everything})


async def replay(work: UnitOfWork, choice: Choice, now: datetime) -> int:
    """Let the service's worker try them again; how many those are. One that is named by its id may be in any state."""
    return len((await work.execute(_REPLAY, _values(choice) | {"now": now})).all())


async def drop(work: UnitOfWork, dead_letter_id: UUID, reason: str, now: datetime) -> bool:
    """Drop a dead letter; it stays stored with the reason. False where there is none, or it was dropped before."""
    values = {"id": dead_letter_id, "reason": storable(reason), "now": now}
    return (await work.execute(_DROP, values)).first() is not None


def _values(choice: Choice) -> dict[str, object]:
    return {"id": choice.id, "type": choice.type, "before": choice.before}
