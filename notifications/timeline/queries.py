"""Reads of timelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam
from sqlmodel import col, select

from notifications.tables.timeline import TimelineRow
from services.persistence.unit_of_work import ReadSession

OF_ALERT: Final = (
    select(TimelineRow)
    .where(
        col(TimelineRow.alert_id) == bindparam("alert_id"),
        col(TimelineRow.seq) > bindparam("after", type_=BigInteger),
    )
    .order_by(col(TimelineRow.seq))
    .limit(bindparam("most", type_=Integer))
)


async def timeline_of(session: ReadSession, alert_id: UUID, after: int, most: int) -> Sequence[TimelineRow]:
    """Entries of the alert, the oldest first, from the one after `after` on."""
    return (await session.scalars(OF_ALERT, {"alert_id": alert_id, "after": after, "most": most})).all()
