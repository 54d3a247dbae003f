"""Many deliveries that wait, made by copying one."""

from __future__ import annotations

from typing import Final

from tests.notifications.service import NotificationsService, an_episode

COPY_ROUTES: Final = """
    INSERT INTO routes (name, min_severity, channel, address, secret, created_at, updated_at, language)
    SELECT 'route-' || n, min_severity, channel, address, secret, created_at, updated_at, language
    FROM routes CROSS JOIN generate_series(1, :routes) n WHERE name = 'ops'
"""
COPY_ALERTS: Final = """
    INSERT INTO alerts SELECT (jsonb_populate_record(alerts, jsonb_build_object(
        'id', gen_random_uuid(), 'target_id', gen_random_uuid()
    ))).* FROM alerts CROSS JOIN generate_series(1, :alerts) n
"""
COPY_DELIVERIES: Final = """
    INSERT INTO deliveries (id, alert_id, alert_version, change, alert, route_name, channel, address, state, attempts,
                            queued_at, next_attempt_at, group_code)
    SELECT gen_random_uuid(), a.id, 1, d.change, d.alert, r.name, r.channel, r.address, 'pending', 0,
           d.queued_at, d.next_attempt_at - random() * interval '1 s' + :later * interval '1 s', 'unit:' || a.id
    FROM deliveries d CROSS JOIN alerts a CROSS JOIN routes r
    WHERE d.route_name = 'ops' AND r.name <> 'ops' AND a.id <> d.alert_id
"""


async def a_backlog(service: NotificationsService, *, alerts: int, routes: int, later: float = 0) -> None:
    """A delivery of each of so many alerts, each of a group of its own, to each route; due in `later` seconds."""
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    await service.handle(an_episode().fell_behind())
    await service.execute(COPY_ALERTS, alerts=alerts)
    await service.execute(COPY_ROUTES, routes=routes)
    await service.execute(COPY_DELIVERIES, later=later)
    await service.execute("DELETE FROM deliveries WHERE route_name = 'ops'")
    await service.execute("ANALYZE")
