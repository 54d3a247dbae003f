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
from services.persistence.filters import Conditions, where_given
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Severity

NEWEST_FIRST: Final = select(AlertRow).order_by(col(AlertRow.id).desc())


CONDITIONS: Final[Conditions] = {
    "status": lambda status: col(AlertRow.status) == status,
    "under": lambda code: col(AlertRow.path).op("@>")(func.to_jsonb(code)),
    "severity": lambda severity: col(AlertRow.severity) == severity,
    "after": lambda alert_id: col(AlertRow.id) < alert_id,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which alerts; None leaves a condition open. `after` is the id of the last one seen."""

    status: Status | None = None
    under: str | None = None
    severity: Severity | None = None
    after: UUID | None = None


async def find_alert(session: ReadSession, alert_id: UUID) -> AlertSnapshot:
    """Raises NoSuchAlert."""
    row = await session.get(AlertRow, alert_id)
    if row is None:
        raise NoSuchAlert(f"no alert has the id {alert_id}")
    return AlertSnapshot.model_validate(row)


async def list_alerts(session: ReadSession, filters: Filters, limit: int) -> list[AlertSnapshot]:
    """At most `limit` alerts, the newest first."""
    wanted = where_given(NEWEST_FIRST, CONDITIONS, filters).limit(limit)
    return [AlertSnapshot.model_validate(row) for row in await session.scalars(wanted)]
