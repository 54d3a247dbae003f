"""Deliveries as they are shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from notifications.domain.alert import ChangeKind
from notifications.domain.delivery import Channel, State


class AttemptView(BaseModel):
    """One attempt to send."""

    model_config = ConfigDict(from_attributes=True)

    attempt: int
    at: datetime
    outcome: str
    detail: str


class DeliveryView(BaseModel):
    """A change of an alert on its way to one route. `unconfirmed`: nobody can tell whether the mail went out."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    alert_id: UUID
    alert_version: int
    change: ChangeKind
    route_name: str
    channel: Channel
    address: str
    state: State
    queued_at: datetime
    next_attempt_at: datetime | None
    sent_at: datetime | None
    last_error: str | None
    attempts: list[AttemptView]


class DeliveryPage(BaseModel):
    """Newest first. `next` goes into `after` to read on; null at the end."""

    items: list[DeliveryView]
    next: UUID | None
