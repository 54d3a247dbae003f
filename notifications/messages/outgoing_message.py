"""A message on its way to a channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.domain.alert import ChangeKind
from notifications.messages.alert_snapshot import ReportedAlert


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A claimed delivery, as a channel sends it. The secrets are sealed; the previous one is there while it is valid.

    `is_first`: no message about the alert was sent to the route before, as far as is known.
    """

    id: UUID
    attempt: int
    route_name: str
    channel: str
    address: str
    secret: str | None
    previous_secret: str | None
    change: ChangeKind
    alert: ReportedAlert
    queued_at: datetime
    leased_until: datetime
    is_first: bool = False
