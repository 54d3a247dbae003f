"""The statement that takes what is due for a review."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Date, Integer, bindparam, or_, select

from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import table_of
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.targets import TargetRow

_t, _p = table_of(TargetRow), table_of(AttainmentRow)
_today = bindparam("today", type_=Date)
LOCK_DUE: Final = (
    select(_t.c.id)
    .join(_p, _p.c.target_id == _t.c.id)
    .where(
        _t.c.starts_on <= _today,
        _t.c.withdrawn_on.is_(None),
        _p.c.reviewed_on.is_distinct_from(_today),
        or_(_p.c.reviewed_on.is_(None), _p.c.reviewed_on <= _t.c.ends_on),
    )
    .order_by(_t.c.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(of=_p, skip_locked=True)
)


async def lock_due(work: UnitOfWork, today: date, limit: int) -> list[UUID]:
    """Targets that have started, were not reviewed today, and not since their end; locked until the commit.

    Those that another unit of work has locked are left out: it reviews them itself, and where it fails they stay due.
    """
    return list(await work.scalars(LOCK_DUE, {"today": today, "limit": limit}))
