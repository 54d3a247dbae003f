"""The route as it is put, and as it is shown."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from notifications.channels.names import ChannelName, KnownChannel
from services.vocabulary import Severity
from services.web.fields import Code, RequestBody


class RouteBody(RequestBody):
    """`under`: only alerts of this registered unit and those below it. A PUT replaces the route: without `under` it is
    for all alerts, without `min_severity` for warnings too, whatever it was before."""

    under: Code | None = Field(None, examples=["38"])
    min_severity: Severity = "warning"
    channel: KnownChannel
    address: str = Field(
        max_length=2000,
        description="What the channel sends to: for a webhook an https:// URL, for mail a mail address",
        examples=["https://ops.example.org/drive"],
    )


class RouteView(BaseModel):
    """A route. A disabled one is enabled again by putting it again."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    under: str | None
    min_severity: Severity
    channel: ChannelName
    address: str
    disabled_at: datetime | None
    disabled_reason: str | None
    paused_until: datetime | None = Field(description="The receiver asked (Retry-After) for no request before then")
    created_at: datetime
    updated_at: datetime


class RouteAnswer(RouteView):
    """The answer to a PUT. `secret` is there once, when the route got one; it is never shown again."""

    secret: str | None = None


class SecretAnswer(BaseModel):
    """`secret` is never shown again. Of two rotations within a day the secret before the first ends at once."""

    secret: str
    previous_valid_until: datetime


class RouteList(BaseModel):
    """All routes, by name."""

    items: list[RouteView]
