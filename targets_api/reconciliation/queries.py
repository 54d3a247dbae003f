"""Reads of the targets that lag, and of those that are to be counted anew."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from targets_api.tables.attainment import AttainmentRow, RecountRow
from targets_api.tables.targets import TargetRow


class Lagging(NamedTuple):
    """A target that lags, with its present episode and the revision of its last pace event."""

    target_id: UUID
    episode: int
    revision: int


_p, _t, _recounts = table_of(AttainmentRow).c, table_of(TargetRow).c, table_of(RecountRow).c
LAGGING: Final = Query(
    Lagging,
    select(_p.target_id, _p.episode, _p.revision)
    .where(_p.lagging, _p.target_id >= bindparam("from_id", type_=Uuid))
    .order_by(_p.target_id)
    .limit(bindparam("limit", type_=Integer)),
)
NOTED: Final = select(_recounts.id)
AFTER: Final = (
    select(_t.id).where(_t.id > bindparam("after", type_=Uuid)).order_by(_t.id).limit(bindparam("limit", type_=Integer))
)


async def noted_recounts(session: ReadSession) -> list[int]:
    """The notes that entries were taken out of the ledger."""
    return list(await session.scalars(NOTED))


async def targets_after(session: ReadSession, after: UUID, limit: int) -> list[UUID]:
    """Targets in the order of their ids."""
    return list(await session.scalars(AFTER, {"after": after, "limit": limit}))


async def lagging_from(session: ReadSession, from_id: UUID, limit: int) -> list[Lagging]:
    """Targets that lag, from this id on, in the order of their ids."""
    return await session.all(LAGGING, {"from_id": from_id, "limit": limit})
