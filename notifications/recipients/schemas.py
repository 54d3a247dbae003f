"""Which routes are notified of an alert, as it is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field

from notifications.channels.names import ChannelName, ShownAddress
from notifications.domain.alert import ChangeKind, Status
from notifications.domain.delivery import State
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.recipients.queries import ExplainedRoute, Told
from services.shown import SeverityWord, ShownCode, ShownId, ShownText, ShownTime, ShownVersion, shown_list
from services.web.fields import AN_ID, Id
from services.web.lists import QueryParameters

_WAITS: Final = "Outside of its hours: when they begin, in UTC; null where it is notified now, or is not"


_AGAIN: Final = (
    "When it is told again, unless the alert changes, in UTC: after its interval, within its hours; null while somebody"
    " acts or something hushes the alert, and where it is not told again"
)


class ExplanationQuery(QueryParameters):
    """Of which alert."""

    alert_id: Id = Field(description="Id of the alert", examples=[AN_ID])


class ToldView(BaseModel):
    """What the route was told of the alert, or is about to be told."""

    model_config = ConfigDict(from_attributes=True)

    id: ShownId = Field(description="Id of the delivery")
    change: ChangeKind = Field(description="What happened to the alert", examples=["raised"])
    alert_version: ShownVersion
    state: State = Field(description="What became of the delivery", examples=["sent"])
    next_attempt_at: ShownTime | None = Field(description="When it is sent, in UTC; null where it has ended")
    sent_at: ShownTime | None = Field(description="When it was accepted, in UTC; null before")

    @classmethod
    def of(cls, told: Told, told_later: timedelta) -> Self:
        """The view of it."""
        due = told.next_attempt_at
        return cls.model_validate(told._replace(next_attempt_at=due and due + told_later))


class ExplainedRouteView(BaseModel):
    """A route: whether it is notified of the alert as it stands, and why."""

    route: ShownCode = Field(description="Its name", examples=["ops-hook"])
    channel: ChannelName
    address: ShownAddress
    notified: bool = Field(description="Whether it is notified of the alert as it stands", examples=[True])
    reason: ShownText = Field(description="Why it is, or is not", examples=["under 38; warning or graver"])
    waits_until: ShownTime | None = Field(description=_WAITS, examples=[None])
    again_at: ShownTime | None = Field(description=_AGAIN, examples=[None])
    deliveries: list[ToldView] = shown_list("What it was told of the alert, the oldest first", [], most=10_000)

    @classmethod
    def of(cls, each: ExplainedRoute, told_later: timedelta) -> Self:
        """The view of it; `next_attempt_at` is real, and told so much later."""
        return cls(
            route=each.row.name,
            channel=each.row.channel,
            address=each.row.address,
            notified=each.explained.is_notified,
            reason=each.explained.reason,
            waits_until=each.waits_until,
            again_at=each.again_at,
            deliveries=[ToldView.of(told, told_later) for told in each.told],
        )


class ExplanationView(BaseModel):
    """Every route, by name."""

    alert_id: ShownId = Field(description="Id of the alert")
    status: Status = Field(description="What became of it", examples=["open"])
    severity: SeverityWord
    items: list[ExplainedRouteView] = Field(description="The routes", json_schema_extra={"maxItems": 10_000})

    @classmethod
    def of(cls, alert: AlertSnapshot, routes: list[ExplainedRoute], told_later: timedelta) -> Self:
        """The view of them."""
        items = [ExplainedRouteView.of(each, told_later) for each in routes]
        return cls(alert_id=alert.id, status=alert.status, severity=alert.severity, items=items)
