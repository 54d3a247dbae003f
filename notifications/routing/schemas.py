"""The route as it is put, and as it is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from notifications.channels.names import ChannelName, KnownChannel, ShownAddress
from notifications.domain.delivery import Outcome, OutcomeName, detail_of, name_of
from notifications.domain.receiver import Receiver
from notifications.domain.route import Language
from notifications.routing.hours_schema import RouteHours
from notifications.routing.receivers.schemas import ReceiverView
from notifications.routing.repeat_schema import Repeat
from notifications.tables.routing import RouteRow
from services.shown import (
    SchemeWord,
    SeverityWord,
    ShownCode,
    ShownCollector,
    ShownId,
    ShownNumber,
    ShownOrganisation,
    ShownText,
    ShownTime,
    ShownUnit,
    shown,
)
from services.web.fields import CollectorCode, OrganisationCode, RequestBody, UnitCode

_A_SECRET: Final = "whsec_ZXhhbXBsZQ=="  # noqa: S105 - an example
ShownSecret: TypeAlias = Annotated[str, shown("The secret of a webhook, this once: keep it", _A_SECRET, maxLength=200)]

_LANGUAGE: Final = "Of what people read: `vi`, `en`, or `both`, Vietnamese first; webhooks have no texts"
_UNDER: Final = "Only alerts of this unit and of those below it; without it, of every unit and of none"
_OF_ORGANISATION: Final = "Only alerts of targets of this organisation, of those below it and of their collectors"
_MIN_LEVEL: Final = "Only alerts that were escalated to this level or above; 0: all"
_REPEAT: Final = (
    "How often it is told again of alerts that nobody has resolved or acts on, in ISO 8601, or `never`; without it, as"
    " its channel needs it, or by the setting DRIVE_REPEAT_HOURS"
)
_HOURS: Final = "When it is notified; without it, at any time"

_OUTCOME: Final = (
    "`sent`: the receiver has taken it; `retry`: it has not, or was not reached, and a message would be sent again; "
    "`refused`: it never will; `unconfirmed`: no answer came, and the message may have gone out"
)
_DISABLED: Final = "the route is disabled, and is told of no alert: put it again to enable it"


class RouteBody(RequestBody):
    """A route is notified of an alert where all of its conditions hold. A PUT replaces the route: without `under` it is
    for all units, without `min_severity` for warnings too, without `hours` for any time, whatever was before."""

    under: UnitCode | None = Field(None, description=_UNDER, examples=["38"])
    organisation_code: OrganisationCode | None = Field(None, description=_OF_ORGANISATION)
    collector_code: CollectorCode | None = Field(None, description="Only alerts of targets of this collector")
    scheme: SchemeWord | None = Field(None, description="Only alerts of this scheme")
    min_severity: SeverityWord = Field("warning", description="The least severity that is notified")
    min_level: int = Field(0, ge=0, le=100, description=_MIN_LEVEL, examples=[0], json_schema_extra={"format": "int32"})
    channel: KnownChannel
    language: Language = Field("vi", description=_LANGUAGE, examples=["vi"])
    hours: RouteHours | None = Field(None, description=_HOURS)
    repeat: Repeat | None = Field(None, description=_REPEAT, examples=["P1D"])
    address: str = Field(
        max_length=2000,
        description="What the channel sends to: for a webhook an https:// URL, for mail a mail address, for chat an "
        "Apprise URL, which is sealed and shown as its scheme",
        examples=["https://ops.example.org/drive"],
    )


class RouteView(BaseModel):
    """A route. A disabled one is enabled again by putting it again."""

    model_config = ConfigDict(from_attributes=True)

    name: ShownCode = Field(description="Its name", examples=["ops-hook"])
    under: ShownUnit | None = Field(description=_UNDER, examples=["38"])
    organisation_code: ShownOrganisation | None = Field(description=_OF_ORGANISATION)
    collector_code: ShownCollector | None = Field(description="Only alerts of targets of this collector")
    scheme: SchemeWord | None = Field(description="Only alerts of this scheme")
    min_severity: SeverityWord = Field(description="The least severity that is notified")
    min_level: ShownNumber = Field(description=_MIN_LEVEL, examples=[0])
    channel: ChannelName
    address: ShownAddress
    language: Language = Field(description=_LANGUAGE, examples=["vi"])
    hours: RouteHours | None = Field(description=_HOURS)
    repeat: Annotated[str, shown(_REPEAT, "P1D", maxLength=20)] | None = Field(description=_REPEAT)
    disabled_at: ShownTime | None = Field(
        description="When it was disabled since its receiver is gone, in UTC", examples=[None]
    )
    disabled_reason: ShownText | None = Field(description="Why it was disabled", examples=[None])
    paused_until: ShownTime | None = Field(
        description="Nothing is sent before then: the receiver asked for that (Retry-After), or was away several times",
        examples=[None],
    )
    created_at: ShownTime = Field(description="When it was made, in UTC")
    updated_at: ShownTime = Field(description="When it was changed last, in UTC")


class ListedRoute(RouteView):
    """A route, and whether messages arrive there."""

    receiver: ReceiverView = Field(description="Whether messages arrive there")

    @classmethod
    def of(cls, row: RouteRow, receiver: Receiver, now: datetime, told_later: timedelta) -> ListedRoute:
        """As it is now; `paused_until` is real, and told so much later."""
        shown = RouteView.model_validate(row).model_dump()
        told = {"paused_until": row.paused_until and row.paused_until + told_later}
        return cls.model_validate(shown | told | {"receiver": ReceiverView.of(row, receiver, now)})


class RouteAnswer(RouteView):
    """The answer to a PUT. `secret` is there once, when the route got one; it is never shown again."""

    secret: ShownSecret | None = Field(
        None, description="The secret of a webhook, this once: keep it", examples=[_A_SECRET]
    )


class SecretAnswer(BaseModel):
    """`secret` is never shown again. Of two rotations within a day the secret before the first ends at once."""

    secret: ShownSecret
    previous_valid_until: ShownTime = Field(description="Until when the one before is used, too, in UTC")


class RouteTestView(BaseModel):
    """What became of a test message."""

    outcome: OutcomeName = Field(description=_OUTCOME, examples=["sent"])
    detail: ShownText = Field(description="What the receiver answered, or what failed", examples=["HTTP 204"])
    message_id: ShownId = Field(description="Its `webhook-id`, and the first part of its Message-ID")

    @classmethod
    def of(cls, route: RouteRow, message_id: UUID, outcome: Outcome) -> RouteTestView:
        """Of a disabled route it says that alerts do not go there."""
        note = f"; {_DISABLED}" if route.disabled_at else ""
        return cls(outcome=name_of(outcome), detail=detail_of(outcome) + note, message_id=message_id)


class RouteList(BaseModel):
    """All routes, by name."""

    items: list[ListedRoute] = Field(description="The routes", json_schema_extra={"maxItems": 10_000})
