"""Reads of the alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from notifications.domain.alert import NoSuchAlert, Status
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.tables.alerts import AlertRow
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Severity

NEWEST_FIRST: Final = select(AlertRow).order_by(col(AlertRow.id).desc())


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts are wanted; None leaves a field open."""

    status: Status | None = None
    under: str | None = None
    severity: Severity | None = None


async def find_alert(session: ReadSession, alert_id: UUID) -> AlertSnapshot:
    """Raises NoSuchAlert."""
    row = await session.get(AlertRow, alert_id)
    if row is None:
        raise NoSuchAlert(f"no alert has the id {alert_id}")
    return AlertSnapshot.model_validate(row)


async def list_alerts(session: ReadSession, wanted: AlertFilter, after: UUID | None, limit: int) -> list[AlertSnapshot]:
    """Up to `limit` alerts after the one with the id `after`, newest first."""
    statement = NEWEST_FIRST.limit(limit)
    if after:
        statement = statement.where(col(AlertRow.id) < after)
    if wanted.status:
        statement = statement.where(col(AlertRow.status) == wanted.status)
    if wanted.severity:
        statement = statement.where(col(AlertRow.severity) == wanted.severity)
    if wanted.under:
        statement = statement.where(col(AlertRow.path).op("@>")(func.to_jsonb(wanted.under)))
    return [AlertSnapshot.model_validate(row) for row in await session.scalars(statement)]
