"""Webhooks are as the AsyncAPI document says, and the official SDK of CloudEvents understands them."""

from __future__ import annotations

from services.asyncapi.document import document
from tests.notifications.receiver import Receiver
from tests.notifications.service import NotificationsService, an_episode
from tests.services.asyncapi.schemas import content_type_of, parsed, refusals


async def test_every_webhook_that_a_receiver_gets_is_as_the_document_says(
    service: NotificationsService, receiver: Receiver
) -> None:
    receiver.secret = (await service.put_route("ops", receiver.url))["secret"]
    lag = an_episode()
    for event in (lag.fell_behind(), lag.worsened(), lag.recovered()):
        await service.handle(event)
        await service.sender().send_due()
    assert len(receiver.calls) == 3
    for call in receiver.calls:
        assert parsed(call.events)
        assert call.content_type == content_type_of("webhook") == "application/cloudevents-batch+json"
        assert refusals("webhook", call.events) == []
        wanted = document()["components"]["messages"]["webhook"]["headers"]["required"]
        assert {header.lower() for header in call.headers} >= set(wanted)
