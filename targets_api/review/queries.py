"""Reads of reviews: which targets the passing of time may have changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, and_, bindparam, or_, select

from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.targets import TargetRow

_t, _p = table_of(TargetRow), table_of(AttainmentRow)
_today = bindparam("today", type_=Date)
IS_DUE: Final = and_(
    _t.c.starts_on <= _today,
    _t.c.withdrawn_on.is_(None),
    _p.c.reviewed_on.is_distinct_from(_today),
    or_(_p.c.reviewed_on.is_(None), _p.c.reviewed_on <= _t.c.ends_on),
)
"""Of targets with their attainment: those that have started, were not reviewed today, and not since their end."""
DUE: Final = (
    select(_p.c.target_id)
    .join(_t, _t.c.id == _p.c.target_id)
    .where(IS_DUE, _p.c.target_id > bindparam("after", type_=Uuid()))
    .order_by(_p.c.target_id)
    .limit(bindparam("limit", type_=Integer))
)


async def due_after(session: ReadSession, today: date, after: UUID, limit: int) -> Sequence[UUID]:
    """The next targets that are due for a review, in the order of their ids."""
    return (await session.scalars(DUE, {"today": today, "after": after, "limit": limit})).all()
