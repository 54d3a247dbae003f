"""A message on its way to a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from notifications.domain.alert import ChangeKind
from notifications.domain.delivery import Channel


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A claimed delivery, as the channels are given it. The secrets are sealed; the previous one is there while it is
    still good."""

    id: UUID
    attempt: int
    alert_version: int
    route_name: str
    channel: Channel
    address: str
    secret: str | None
    previous_secret: str | None
    change: ChangeKind
    alert: Mapping[str, Any]
    queued_at: datetime
    leased_until: datetime
    is_first: bool = False
    """Whether nothing of the alert was sent to the route before, as far as is known."""
