"""Deliveries as they are shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from notifications.channels.names import ChannelName
from notifications.deliveries.queries import DeliveryWithAttempts
from notifications.domain.alert import ChangeKind
from notifications.domain.delivery import State
from services.web.fields import Id
from services.web.lists import ListQuery, Page


class AttemptView(BaseModel):
    """One attempt to send."""

    model_config = ConfigDict(from_attributes=True)

    attempt: int
    at: datetime
    outcome: str
    detail: str


class DeliveryView(BaseModel):
    """A change of an alert on its way to one route. `unconfirmed`: it is unknown whether the message was accepted."""

    id: UUID
    alert_id: UUID
    alert_version: int
    change: ChangeKind
    route_name: str
    channel: ChannelName
    address: str
    state: State
    queued_at: datetime
    next_attempt_at: datetime | None
    sent_at: datetime | None
    last_error: str | None
    attempts: list[AttemptView]

    @classmethod
    def of(cls, shown: DeliveryWithAttempts) -> DeliveryView:
        """The delivery as it is shown."""
        attempts = [AttemptView.model_validate(attempt) for attempt in shown.attempts]
        return cls(**shown.delivery.model_dump(include=set(cls.model_fields) - {"attempts"}), attempts=attempts)


class DeliveryPage(Page[DeliveryView]):
    """Deliveries, newest first."""


class DeliveryQuery(ListQuery):
    """Which deliveries to list; `after` is the `next` of the page before."""

    alert_id: Id | None = None
    state: State | None = None
    after: Id | None = None
