"""What will become of an alert, as it is shown."""

from __future__ import annotations

from typing import Final, Self

from pydantic import BaseModel, Field

from notifications.channels.names import ChannelName
from notifications.domain.alert import ChangeKind, Status
from notifications.domain.foresight import ForeseenKind
from notifications.domain.hush import Mute
from notifications.plans.planned import Planned, PlannedReminder, PlannedRoute
from notifications.plans.queries import Plan
from notifications.routing.hours_schema import RouteHours
from services.shown import SeverityWord, ShownCode, ShownId, ShownNumber, ShownText, ShownTime, shown_list
from services.web.fields import AN_ID, Id
from services.web.lists import QueryParameters
from services.web.tables import IN_JSON_ALONE

_CHAIN: Final = "Name of the chain by which it is escalated; null where no chain is for its unit"

_KIND: Final = (
    "What the timeline will say; `hush_over`: nothing hushes the alert any more, and routes are notified of what they"
    " were not"
)
_SILENCED: Final = "Names of the silences by which nobody is notified of it then; the one that ends last is first"
_INHIBITED: Final = "Id of the alert of a unit above by which nobody is notified of it then"
_WHEN: Final = (
    "When it will be notified, in UTC: once nothing hushes the alert, within its hours, not before the group's wait;"
    " null where that waits for the end of an inhibition"
)


_AGAIN = (
    "When first, in UTC: where the route has heard nothing for its interval, nobody acts and nothing hushes the alert,"
    " within its hours; up to half an interval earlier, where others of the group are due"
)


class PlanQuery(QueryParameters):
    """Of which alert."""

    alert_id: Id = Field(description="Id of the alert", examples=[AN_ID])


class PlannedRouteView(BaseModel):
    """A route that will be notified."""

    route: ShownCode = Field(description="Its name", examples=["bhxh-cam-thuy"])
    channel: ChannelName
    hours: RouteHours | None = Field(description="When it is notified; null at any time")
    change: ChangeKind = Field(description="As what it will be notified of the alert", examples=["escalated"])
    at: ShownTime | None = Field(description=_WHEN)

    @classmethod
    def of(cls, planned: PlannedRoute) -> Self:
        """The view of it."""
        row = planned.row
        hours = RouteHours.model_validate(row.hours) if row.hours else None
        return cls(route=row.name, channel=row.channel, hours=hours, change=planned.change, at=planned.at)


class PlannedView(BaseModel):
    """Something that will happen if nobody does anything until then."""

    at: ShownTime = Field(description="When it is due, in UTC")
    kind: ForeseenKind = Field(description=_KIND, examples=["escalated"])
    level: ShownNumber = Field(description="The level of the alert right after it", examples=[1])
    reason: ShownText = Field(description="Why", examples=["level 1: nobody has acknowledged it in time"])
    silenced_by: list[ShownCode] = shown_list(_SILENCED, [], most=10_000)
    inhibited_by: ShownId | None = Field(description=_INHIBITED, examples=[None])
    routes: list[PlannedRouteView] = shown_list("Who will be notified of it", [], most=10_000)

    @classmethod
    def of(cls, planned: Planned) -> Self:
        """The view of it."""
        foreseen = planned.foreseen
        mute = foreseen.mute or Mute()
        return cls(
            at=foreseen.at,
            kind=foreseen.kind,
            level=foreseen.alert.level,
            reason=foreseen.reason,
            silenced_by=[silence.name for silence in mute.silences],
            inhibited_by=mute.inhibitor,
            routes=[PlannedRouteView.of(each) for each in planned.routes],
        )


class PlannedReminderView(BaseModel):
    """A route that will be told again."""

    route: ShownCode = Field(description="Its name", examples=["bhxh-cam-thuy"])
    channel: ChannelName
    at: ShownTime = Field(description=_AGAIN)

    @classmethod
    def of(cls, reminder: PlannedReminder) -> Self:
        """The view of it."""
        return cls(route=reminder.row.name, channel=reminder.row.channel, at=reminder.at)


class PlanView(BaseModel):
    """What will become of an alert by the passing of time alone, in order."""

    alert_id: ShownId = Field(description="Id of the alert")
    status: Status = Field(description="What became of it until now", examples=["open"])
    severity: SeverityWord
    level: ShownNumber = Field(description="Its level now", examples=[0])
    escalation: ShownCode | None = Field(description=_CHAIN, examples=["thanh-hoa"])
    items: list[PlannedView] = Field(description="What will happen", json_schema_extra={"maxItems": 1000})
    reminders: list[PlannedReminderView] = Field(
        description="Which routes will be told again without any change, by name",
        json_schema_extra={"maxItems": 10_000, IN_JSON_ALONE: True},
    )

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """The view of it."""
        alert = plan.alert
        items = [PlannedView.of(each) for each in plan.items]
        reminders = [PlannedReminderView.of(each) for each in plan.reminders]
        known = {"alert_id": alert.id, "status": alert.status, "severity": alert.severity, "level": alert.level}
        return cls(**known, escalation=plan.chain and plan.chain.name, items=items, reminders=reminders)
