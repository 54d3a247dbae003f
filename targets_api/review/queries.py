"""Which targets the passing of time alone may have changed."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Date, Integer, bindparam, or_, select

from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.targets import TargetRow

_t, _p = table_of(TargetRow).c, table_of(AttainmentRow).c
_today = bindparam("today", type_=Date)
DUE: Final = (
    select(_t.id)
    .join(AttainmentRow, _p.target_id == _t.id)
    .where(
        _t.starts_on <= _today,
        _p.reviewed_on.is_distinct_from(_today),
        or_(_p.reviewed_on.is_(None), _p.reviewed_on <= _t.ends_on),
    )
    .order_by(_t.id)
    .limit(bindparam("limit", type_=Integer))
)


async def due(session: ReadSession, today: date, limit: int) -> list[UUID]:
    """Targets that have started, were not reviewed today, and not since their end."""
    return list(await session.scalars(DUE, {"today": today, "limit": limit}))
