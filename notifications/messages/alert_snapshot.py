"""An alert at one version: as it is shown over HTTP, stored with each delivery, and sent in webhooks."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from notifications.domain.alert import Resolution, Status
from services.contracts.pace import PaceFigures
from services.vocabulary import Measure, Scheme, Scope, Severity


class AlertSnapshot(BaseModel):
    """An alert. It holds no personal data.

    What older versions stored must stay readable: a field that is added needs a default.
    """

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
    resolution: Resolution | None = None
    version: int
