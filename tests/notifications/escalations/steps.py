"""Steps that the tests of escalations share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx

from tests.notifications.service import Episode, NotificationsService, an_episode

TOLD_BY_STEPS = 9
"""The `min_level` of a route that is notified by steps alone."""


def a_step(after: str, *routes: str) -> dict[str, Any]:
    """One level."""
    return {"after": after, "routes": list(routes)}


def from_now_on(service: NotificationsService, **more: Any) -> Episode:
    """A target that falls behind just now."""
    return an_episode(begins=service.clock.now() - timedelta(hours=1), **more)


async def put_routes(service: NotificationsService, *names: str) -> None:
    """Put routes that are notified by steps alone."""
    for name in names:
        await service.put_route(name, f"{name}@example.org", min_level=TOLD_BY_STEPS)


async def put_chain(
    service: NotificationsService, *steps: dict[str, Any], name: str = "chain", **more: Any
) -> httpx.Response:
    """PUT a chain for the province 38."""
    body = {"under": "38", "steps": list(steps), **more}
    return await service.client.put(f"/v1/escalations/{name}", json=body)


async def told(service: NotificationsService, *kinds: str) -> Sequence[tuple[str, str, int]]:
    """Route, change and level of each delivery, oldest first."""
    columns = "route_name, change, (alert ->> 'level')::int AS level"
    rows = await service.query(f"SELECT {columns} FROM deliveries ORDER BY alert_version, route_name")  # noqa: S608
    return [(row.route_name, row.change, row.level) for row in rows if not kinds or row.change in kinds]
