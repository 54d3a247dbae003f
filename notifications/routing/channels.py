"""Whether the channels of all routes can send with the settings of this process."""

from __future__ import annotations

from collections import defaultdict

import structlog

from notifications.channels.registry import missing_of
from notifications.routing.queries import all_routes
from notifications.settings import NotificationsSettings
from services.errors import Unavailable
from services.runtime import Check, Runtime

log = structlog.get_logger(__name__)


def channels_check(runtime: Runtime[NotificationsSettings]) -> Check:
    """Raises Unavailable, which names the routes and the setting, where a route's channel lacks one. What it finds is
    logged as an error when it changes."""
    logged: set[str] = set()

    async def check() -> None:
        found = await _missing(runtime)
        for detail in sorted(found - logged):
            log.error("channel_not_set_up", reason=detail)
        logged.clear()
        logged.update(found)
        if found:
            raise Unavailable("; ".join(sorted(found)))

    return check


async def _missing(runtime: Runtime[NotificationsSettings]) -> set[str]:
    async with runtime.database.read() as session:
        rows = await all_routes(session)
    names = defaultdict(list)
    for row in rows:
        if missing := missing_of(row.channel, runtime.settings):
            names[missing].append(row.name)
    return {f"{missing}; routes that need it: {', '.join(routes)}" for missing, routes in names.items()}
