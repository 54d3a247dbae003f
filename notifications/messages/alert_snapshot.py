"""An alert as it is shown, and as it travels in messages."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from notifications.domain.alert import Status
from services.contracts.pace import PaceFigures
from services.contracts.targets import Scope
from services.vocabulary import Measure, Scheme, Severity


class AlertSnapshot(BaseModel):
    """An alert. It carries no personal data, and travels in webhooks as it is here."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    status: Status
    severity: Severity
    subject: Scope
    path: list[str]
    unit_name: str | None
    target_id: UUID
    target_name: str | None
    episode: int
    scheme: Scheme
    measure: Measure
    starts_on: date
    ends_on: date
    figures: PaceFigures
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    version: int
