"""The alert as it is shown, and what a person sends to change it."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from notifications.messages.alert_snapshot import AlertSnapshot


class AlertPage(BaseModel):
    """Newest first. `next` goes into `after` to read on; null at the end."""

    items: list[AlertSnapshot]
    next: UUID | None


class AcknowledgementBody(BaseModel):
    """`version` is that of the alert as the caller has seen it."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, examples=[1])
