"""Deliveries as they are shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from notifications.channels.names import ChannelName, ShownAddress
from notifications.deliveries.queries import DeliveryWithAttempts
from notifications.domain.alert import ChangeKind
from notifications.domain.delivery import State
from services.shown import ShownCode, ShownId, ShownNumber, ShownText, ShownTime, ShownVersion
from services.web.fields import AN_ID, Code, Id, Moment, RequestBody
from services.web.lists import AFTER, ListQuery, Page

_STATE: Final = (
    "`superseded`: a newer delivery of the alert was queued for the route, or the alert was hushed before this was "
    "sent, and is told once nothing hushes it; `unconfirmed`: it is unknown whether the "
    "message was accepted"
)


class AttemptView(BaseModel):
    """One attempt to send."""

    model_config = ConfigDict(from_attributes=True)

    attempt: ShownNumber = Field(description="Which attempt, from 1", examples=[1])
    at: ShownTime = Field(description="When it ended, in UTC")
    outcome: ShownCode = Field(description="What became of it", examples=["sent"])
    detail: ShownText | None = Field(
        description="What the receiver answered, or what failed; null with `alerts:own`: it may name the address",
        examples=["200"],
    )


class DeliveryView(BaseModel):
    """A change of an alert, or a digest, on its way to one route. `unconfirmed`: it is unknown whether the message was
    accepted."""

    id: ShownId
    alert_id: ShownId | None = Field(description="Id of the alert; null of a digest")
    alert_version: ShownVersion | None = Field(description="The version of the alert that it shows; null of a digest")
    change: ChangeKind | None = Field(description="What changed in the alert; null of a digest", examples=["raised"])
    digest_name: ShownCode | None = Field(
        description="Name of the digest; null of a change of an alert", examples=[None]
    )
    route_name: ShownCode = Field(description="Name of the route", examples=["ops-hook"])
    channel: ChannelName
    address: ShownAddress | None = Field(
        description="What the channel sends to; null with `alerts:own`: routes are the agency's"
    )
    state: State = Field(description=_STATE, examples=["sent"])
    group_code: ShownCode | None = Field(
        description="What it is reported together with: `unit:`, `organisation:` or `collector:`, and a code",
        examples=["unit:BHXH-CAM-THUY"],
    )
    message_id: ShownId | None = Field(
        description="The message that it is a part of, whose `webhook-id` or Message-ID this is; null before it is sent"
    )
    reminders: ShownNumber = Field(
        description="How often the route was told of the alert again since, as nobody had resolved it", examples=[0]
    )
    queued_at: ShownTime = Field(description="When it was queued last, in UTC")
    next_attempt_at: ShownTime | None = Field(
        description="When it is tried next, in UTC; null where it is not", examples=[None]
    )
    sent_at: ShownTime | None = Field(description="When the receiver accepted it, in UTC; null before")
    last_error: ShownText | None = Field(
        description="What the last failure was; null without any, and with `alerts:own`: it may name the address",
        examples=[None],
    )
    attempts: list[AttemptView] = Field(description="All attempts so far", json_schema_extra={"maxItems": 10_000})

    @classmethod
    def of(cls, shown: DeliveryWithAttempts, told_later: timedelta, *, with_address: bool) -> DeliveryView:
        """The delivery as it is shown to whoever may know where it goes, or to others; `next_attempt_at` is real, and
        told so much later."""
        attempts = [AttemptView.model_validate(attempt) for attempt in shown.attempts]
        fields = shown.delivery.model_dump(include=set(cls.model_fields) - {"attempts"})
        due = shown.delivery.next_attempt_at
        whole = cls(**fields | {"next_attempt_at": due and due + told_later}, attempts=attempts)
        if with_address:
            return whole
        without = [attempt.model_copy(update={"detail": None}) for attempt in attempts]
        return whole.model_copy(update={"address": None, "last_error": None, "attempts": without})


class DeliveryPage(Page[DeliveryView]):
    """Deliveries, newest first."""


class DeliveryQuery(ListQuery):
    """Which deliveries to list; `after` is the `next` of the page before."""

    alert_id: Id | None = Field(None, description="Only those of this alert", examples=[AN_ID])
    route: Code | None = Field(None, description="Only those to the route of this name", examples=["ops-hook"])
    state: State | None = Field(None, description="Only those in this state", examples=["failed"])
    after: Id | None = Field(None, description=AFTER, examples=[AN_ID])


class ReplayBody(RequestBody):
    """Of which route, and what was queued in which time: `queued_at` of deliveries. At most 31 days."""

    route: Code = Field(description="Name of the route", examples=["ops-hook"])
    since: Moment = Field(alias="from", description="From this time on", examples=["2025-10-25T00:00:00Z"])
    before: Moment = Field(alias="to", description="Before this time", examples=["2025-10-26T00:00:00Z"])


class ReplayView(BaseModel):
    """What is sent again."""

    deliveries: ShownNumber = Field(description="How many deliveries; of an alert the newest alone", examples=[12])
    messages: ShownNumber = Field(description="As how many messages, each under the id that it had", examples=[3])
