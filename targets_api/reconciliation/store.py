"""Which targets lag."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from services.contracts.reconciliation import LaggingTarget
from services.database import ReadSession

_LAGGING = text(
    "SELECT target_id, episode, revision FROM target_progress"
    " WHERE lagging AND target_id >= :from_id ORDER BY target_id LIMIT :limit"
)


async def lagging_from(session: ReadSession, from_id: UUID, limit: int) -> Sequence[LaggingTarget]:
    """Targets that lag, from this id on, in the order of their ids."""
    rows = await session.execute(_LAGGING, {"from_id": from_id, "limit": limit})
    return [LaggingTarget(target_id=row.target_id, episode=row.episode, revision=row.revision) for row in rows]
