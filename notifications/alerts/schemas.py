"""The alert as it is shown, and what a person sends to change it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from notifications.domain.alert import Severity, Status
from services.contracts.events import Measure, PaceFigures, Scheme, Scope


class AlertView(BaseModel):
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


class AlertPage(BaseModel):
    """Newest first. `next` goes into `after` to read on; null at the end."""

    items: list[AlertView]
    next: UUID | None


class AcknowledgementBody(BaseModel):
    """`version` is that of the alert as the caller has seen it."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, examples=[1])
