"""The route as a person puts it, and as it is shown."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from notifications.domain.delivery import Channel
from services.vocabulary import Severity


class RouteBody(BaseModel):
    """`under`: tell only of alerts of this unit and those below it; without it, of all."""

    model_config = ConfigDict(extra="forbid")

    under: str | None = Field(None, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$", examples=["38"])
    min_severity: Severity = "warning"
    channel: Channel
    address: str = Field(
        max_length=2000, description="An https:// URL, or a mail address", examples=["https://ops.example.org/drive"]
    )


class RouteView(BaseModel):
    """A route. A disabled one is switched on again by putting it anew."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    under: str | None
    min_severity: Severity
    channel: Channel
    address: str
    disabled_at: datetime | None
    disabled_reason: str | None
    paused_until: datetime | None = Field(description="The receiver asked (Retry-After) to be left alone until then")
    created_at: datetime
    updated_at: datetime


class RouteAnswer(RouteView):
    """The answer to a PUT. `secret` is there once, when the route became a webhook; it is never shown again."""

    secret: str | None = None


class SecretAnswer(BaseModel):
    """`secret` is never shown again. Of two rotations within a day the secret before the first ends at once."""

    secret: str
    previous_valid_until: datetime


class RouteList(BaseModel):
    """All routes, by name."""

    items: list[RouteView]
