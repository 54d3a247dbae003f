"""The body of a webhook."""

from __future__ import annotations

from typing import Final

from notifications.messages.alert_event import event_of_message
from notifications.messages.outgoing_message import OutgoingMessage

CONTENT_TYPE: Final = "application/cloudevents+json"
"""CloudEvents HTTP protocol binding 1.0, section 3.2: structured mode."""


def body_of(message: OutgoingMessage) -> str:
    """The same in every attempt: the event of that change, as it is published at the broker."""
    return event_of_message(message).model_dump_json()
