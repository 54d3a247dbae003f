"""Which targets the passing of time alone may have changed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import text

from services.persistence.unit_of_work import ReadSession

_DUE = text(
    "SELECT t.id FROM targets t JOIN target_progress p ON p.target_id = t.id"
    " WHERE t.starts_on <= :today AND p.reviewed_on IS DISTINCT FROM :today"
    " AND (p.reviewed_on IS NULL OR p.reviewed_on <= t.ends_on) ORDER BY t.id LIMIT :limit"
)


async def due(session: ReadSession, today: date, limit: int) -> list[UUID]:
    """Targets that time alone may have changed: started, not reviewed today, and not reviewed since their end."""
    return list(await session.scalars(_DUE, {"today": today, "limit": limit}))
