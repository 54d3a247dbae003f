"""Locking reads of what was hushed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, Integer, bindparam
from sqlmodel import col, select

from notifications.tables.alerts import AlertRow
from notifications.tables.hushed import HushedAlertRow
from services.persistence.unit_of_work import UnitOfWork

DUE: Final = (
    select(HushedAlertRow, AlertRow)
    .join(AlertRow, col(AlertRow.id) == col(HushedAlertRow.alert_id))
    .where(col(HushedAlertRow.check_at) <= bindparam("at", type_=DateTime(timezone=True)))
    .order_by(col(HushedAlertRow.check_at), col(HushedAlertRow.alert_id))
    .limit(bindparam("most", type_=Integer))
    .with_for_update(key_share=True, skip_locked=True)
)


async def due(work: UnitOfWork, at: datetime, most: int) -> Sequence[tuple[HushedAlertRow, AlertRow]]:
    """What is to be looked at by then, with its alert, locked; what somebody changes just now is left for later."""
    return [(row.HushedAlertRow, row.AlertRow) for row in await work.execute(DUE, {"at": at, "most": most})]
