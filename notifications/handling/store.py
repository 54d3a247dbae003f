"""Statements that write reports, and locking reads of what is due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Integer, Uuid, bindparam, func
from sqlmodel import col, select

from notifications.tables.alerts import AlertRow
from notifications.tables.reports import AlertCauseRow, AlertRemedyRow
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.persistence.unnest import among, columns_of, insert_many

_next_look_at = func.least(col(AlertRow.next_deadline_at), col(AlertRow.next_escalation_at))
DUE: Final = (
    select(AlertRow)
    .where(_next_look_at <= bindparam("at", type_=DateTime(timezone=True)))
    .order_by(_next_look_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(key_share=True, skip_locked=True)
)
REMEDIES: Final = (
    select(AlertRemedyRow)
    .where(col(AlertRemedyRow.alert_id) == among("ids", Uuid()))
    .order_by(col(AlertRemedyRow.alert_id), col(AlertRemedyRow.n))
)
INSERT_CAUSES: Final = insert_many(AlertCauseRow)
INSERT_REMEDIES: Final = insert_many(AlertRemedyRow)


async def due(work: UnitOfWork, at: datetime, most: int) -> Sequence[AlertRow]:
    """Alerts that the clock has to look at by then, locked; those that somebody changes just now are left for later."""
    return (await work.scalars(DUE, {"at": at, "most": most})).all()


async def remedies_of(session: ReadSession, alert_ids: Collection[UUID]) -> dict[UUID, list[AlertRemedyRow]]:
    """The remedies of each of these alerts, by number."""
    found: dict[UUID, list[AlertRemedyRow]] = {alert_id: [] for alert_id in alert_ids}
    if alert_ids:
        for row in await session.scalars(REMEDIES, {"ids": list(alert_ids)}):
            found[row.alert_id].append(row)
    return found


async def insert_report(work: UnitOfWork, causes: Sequence[AlertCauseRow], remedies: Sequence[AlertRemedyRow]) -> None:
    """Insert what was reported; at least one cause."""
    await work.execute(INSERT_CAUSES, columns_of(row.model_dump() for row in causes))
    if remedies:
        await work.execute(INSERT_REMEDIES, columns_of(row.model_dump() for row in remedies))
