"""Steps that the tests of deliveries share."""

from __future__ import annotations

from typing import Any

from tests.notifications.receiver import Receiver
from tests.notifications.service import NotificationsService


async def connect(service: NotificationsService, receiver: Receiver, name: str = "ops", **more: Any) -> None:
    """Put a route to the receiver, and give the receiver its secret."""
    receiver.secret = (await service.put_route(name, receiver.url, **more))["secret"]


async def states(service: NotificationsService) -> list[tuple[str, str]]:
    """Kind and state of each delivery, oldest first."""
    return [(delivery["change"], delivery["state"]) for delivery in await service.deliveries()]
