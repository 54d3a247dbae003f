"""Steps that the tests of silences and inhibitions share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from notifications.releases.runner import Releases
from tests.notifications.service import NotificationsService

REASON = "Storm: offices are closed"


def a_body(service: NotificationsService, hours: float = 2, begins: float = 0, **more: Any) -> dict[str, Any]:
    """A silence of so many hours, under the province."""
    starts = service.clock.now() + timedelta(hours=begins)
    times = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=hours)).isoformat()}
    return {"under": "38", "reason": REASON, **times, **more}


async def silence(service: NotificationsService, name: str = "storm", **more: Any) -> dict[str, Any]:
    """Put a silence."""
    answer = await service.client.put(f"/v1/silences/{name}", json=a_body(service, **more))
    assert answer.status_code in (200, 201), answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def clock_looks(service: NotificationsService) -> None:
    """The clock looks at what was hushed."""
    await Releases(service.runtime.database, service.clock, service.runtime.settings.terms, lambda: None).look()


async def told(service: NotificationsService, route: str = "ops") -> list[str]:
    """What a route is told, oldest first."""
    return [row["change"] for row in await service.deliveries() if row["route_name"] == route]
