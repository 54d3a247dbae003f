"""Which targets lag, and which are to be counted anew."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from services.contracts.reconciliation import LaggingTarget
from services.persistence.unit_of_work import ReadSession, UnitOfWork

FIRST_ID = UUID(int=0)

_LAGGING = text(
    "SELECT target_id, episode, revision FROM target_progress"
    " WHERE lagging AND target_id >= :from_id ORDER BY target_id LIMIT :limit"
)
_NOTED = text("SELECT id FROM recounts")
_FORGET = text("DELETE FROM recounts WHERE id = ANY(:ids)")
_AFTER = text("SELECT id FROM targets WHERE id > :after ORDER BY id LIMIT :limit")


async def noted_recounts(session: ReadSession) -> list[int]:
    """The notes that entries were taken out of the ledger."""
    return list(await session.scalars(_NOTED))


async def forget_recounts(work: UnitOfWork, ids: Sequence[int]) -> None:
    """These are done."""
    await work.execute(_FORGET, {"ids": list(ids)})


async def targets_after(session: ReadSession, after: UUID, limit: int) -> list[UUID]:
    """Targets in the order of their ids."""
    return list(await session.scalars(_AFTER, {"after": after, "limit": limit}))


async def lagging_from(session: ReadSession, from_id: UUID, limit: int) -> Sequence[LaggingTarget]:
    """Targets that lag, from this id on, in the order of their ids."""
    rows = await session.execute(_LAGGING, {"from_id": from_id, "limit": limit})
    return [LaggingTarget(target_id=row.target_id, episode=row.episode, revision=row.revision) for row in rows]
