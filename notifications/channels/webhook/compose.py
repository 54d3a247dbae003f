"""The body of a webhook."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from notifications.messages.alert_event import event_of_notice
from notifications.messages.outgoing_message import OutgoingMessage
from notifications.messages.route_event import event_of_test
from services.contracts.alerts import AlertEvent, AlertReminded
from services.contracts.envelope import BATCH_CONTENT_TYPE
from services.contracts.routes import RouteTested

CONTENT_TYPE: Final = BATCH_CONTENT_TYPE
"""CloudEvents HTTP protocol binding 1.0, section 3.3: batched mode."""
_EVENTS: Final = TypeAdapter(list[AlertEvent | AlertReminded | RouteTested])


def body_of(message: OutgoingMessage) -> str:
    """The events of the changes, as they are published at the broker, and of reminders; or that of a test."""
    if message.test:
        return _EVENTS.dump_json([event_of_test(message, message.test)]).decode()
    return _EVENTS.dump_json([event_of_notice(notice) for notice in message.notices]).decode()
