"""Reads of reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func
from sqlmodel import col, select

from notifications.alerts.queries import find_alert
from notifications.handling.store import remedies_of
from notifications.messages.alert_snapshot import ShownPerson
from notifications.tables.reports import AlertCauseRow, AlertRemedyRow
from services.persistence.unit_of_work import ReadSession

_id = bindparam("alert_id", type_=Uuid())
_newest = select(func.max(AlertCauseRow.version)).where(col(AlertCauseRow.alert_id) == _id).scalar_subquery()
CAUSES: Final = (
    select(AlertCauseRow)
    .where(col(AlertCauseRow.alert_id) == _id, col(AlertCauseRow.version) == _newest)
    .order_by(col(AlertCauseRow.place))
)


@dataclass(frozen=True, slots=True)
class FoundReport:
    """The last report of an alert, with the remedies of all."""

    at: datetime | None
    by: ShownPerson | None
    causes: Sequence[AlertCauseRow]
    remedies: Sequence[AlertRemedyRow]


async def find_report(session: ReadSession, alert_id: UUID, own_of: str | None) -> FoundReport:
    """What was reported of the alert, among the own ones of an organisation where one is given. Raises NoSuchAlert."""
    alert = await find_alert(session, alert_id, own_of)
    causes = (await session.scalars(CAUSES, {"alert_id": alert_id})).all()
    remedies = (await remedies_of(session, [alert_id]))[alert_id]
    return FoundReport(alert.reported_at, alert.reported_by, causes, remedies)
