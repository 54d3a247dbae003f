"""Reads of timelines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Integer, Text, bindparam, func
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
COUNT_BY: Final = select(func.count()).where(
    col(TimelineRow.alert_id) == bindparam("alert_id"),
    col(TimelineRow.subject) == bindparam("by_subject", type_=Text),
    col(TimelineRow.at) > bindparam("since", type_=DateTime(timezone=True)),
)


async def timeline_of(session: ReadSession, alert_id: UUID, after: int, most: int) -> Sequence[TimelineRow]:
    """Entries of the alert, the oldest first, from the one after `after` on."""
    return (await session.scalars(OF_ALERT, {"alert_id": alert_id, "after": after, "most": most})).all()


async def count_by(session: ReadSession, alert_id: UUID, subject: str, since: datetime) -> int:
    """How many changes of the alert this subject has made since then."""
    values = {"alert_id": alert_id, "by_subject": subject, "since": since}
    number: int = (await session.scalars(COUNT_BY, values)).one()
    return number
