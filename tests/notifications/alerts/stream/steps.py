"""Steps that the tests of streams of alerts share."""

from __future__ import annotations

from datetime import timedelta

from tests.notifications.service import Episode, NotificationsService
from tests.support.streams import Listener


def token(service: NotificationsService, org: str = "OPS", scope: str = "alerts:read", seconds: int = 86_400) -> str:
    """A token of that organisation."""
    return service.runtime.tokens.issue(org, frozenset({scope}), service.clock.now(), timedelta(seconds=seconds))


async def told(listener: Listener) -> list[tuple[str, str]]:
    """What is told up to the next id: the kind of each event, with the id of its alert."""
    return [(event.event, event.json["id"]) for event in await listener.until_id() if event.event]


async def id_of(service: NotificationsService, lag: Episode) -> str:
    """The id of its alert."""
    [alert] = await service.alerts(target_id=lag.target_id)
    return str(alert["id"])
