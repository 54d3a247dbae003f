"""The event by which a webhook is tested."""

from __future__ import annotations

from notifications.messages.outgoing_message import OutgoingMessage, RouteTest
from services.contracts.routes import RouteTested, RouteTestFacts


def event_of_test(message: OutgoingMessage, test: RouteTest) -> RouteTested:
    """The event; its id is that of the message."""
    return RouteTested(
        id=message.id,
        subject=message.route_name,
        time=test.at,
        correlationid=test.correlation_id,
        data=RouteTestFacts(route=message.route_name),
    )
