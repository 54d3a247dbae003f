"""Deliveries as they are shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

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
    detail: str | None = Field(description="null with `alerts:own`: it may name the address")


class DeliveryView(BaseModel):
    """A change of an alert on its way to one route. `unconfirmed`: it is unknown whether the message was accepted."""

    id: UUID
    alert_id: UUID
    alert_version: int
    change: ChangeKind
    route_name: str
    channel: ChannelName
    address: str | None = Field(description="null with `alerts:own`: routes are the agency's")
    state: State
    queued_at: datetime
    next_attempt_at: datetime | None
    sent_at: datetime | None
    last_error: str | None = Field(description="null with `alerts:own`: it may name the address")
    attempts: list[AttemptView]

    @classmethod
    def of(cls, shown: DeliveryWithAttempts, *, with_address: bool) -> DeliveryView:
        """The delivery as it is shown to whoever may know where it goes, or to others."""
        attempts = [AttemptView.model_validate(attempt) for attempt in shown.attempts]
        whole = cls(**shown.delivery.model_dump(include=set(cls.model_fields) - {"attempts"}), attempts=attempts)
        if with_address:
            return whole
        without = [attempt.model_copy(update={"detail": None}) for attempt in attempts]
        return whole.model_copy(update={"address": None, "last_error": None, "attempts": without})


class DeliveryPage(Page[DeliveryView]):
    """Deliveries, newest first."""


class DeliveryQuery(ListQuery):
    """Which deliveries to list; `after` is the `next` of the page before."""

    alert_id: Id | None = None
    state: State | None = None
    after: Id | None = None
