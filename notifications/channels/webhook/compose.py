"""The body of a webhook."""

from __future__ import annotations

import json
from datetime import datetime

from notifications.messages.outgoing_message import OutgoingMessage


def body_of(message: OutgoingMessage) -> str:
    """The same in every attempt: the alert as it was at that change."""
    content = {
        "type": f"drive.alert.{message.change}.v1",
        "timestamp": _rfc3339(message.queued_at),
        "data": message.alert.model_dump(mode="json"),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _rfc3339(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
