"""Reads of what was not told."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam
from sqlmodel import col, select

from notifications.tables.hushed import HushedAlertRow
from services.persistence.unit_of_work import ReadSession

OF_ALERT: Final = select(HushedAlertRow).where(col(HushedAlertRow.alert_id) == bindparam("alert_id", type_=Uuid))


async def find_hushed(session: ReadSession, alert_id: UUID) -> HushedAlertRow | None:
    """What was not told of the alert; None where all was."""
    row: HushedAlertRow | None = (await session.scalars(OF_ALERT, {"alert_id": alert_id})).one_or_none()
    return row
