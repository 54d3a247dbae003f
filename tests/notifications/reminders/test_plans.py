"""Reminders are found by index, however many deliveries there are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from notifications.reminders import sql
from tests.notifications.reminders.steps import remind as clock_reminds
from tests.notifications.service import NotificationsService, an_episode
from tests.support.plans import Explained, rows_read

TOLD, DUE = 20_000, 3
COPY = """
    INSERT INTO deliveries (id, alert_id, alert_version, change, alert, route_name, channel, address, state, attempts,
                            queued_at, sent_at, told_at, remind_at, group_code)
    SELECT gen_random_uuid(), d.alert_id, 1, 'raised', d.alert, 'route-' || n, 'mail', d.address, 'sent', 1,
           d.queued_at, d.sent_at, d.told_at, CASE WHEN n % 2 = 0 THEN now() + interval '1 day' END, d.group_code
    FROM deliveries d CROSS JOIN generate_series(1, :n) n
"""


@pytest.fixture
async def told(service: NotificationsService) -> NotificationsService:
    """A service of whose many deliveries few are due."""
    await service.put_route("ops", "ops@example.org")
    await service.handle(an_episode().fell_behind())
    await clock_reminds(service)
    await service.execute(COPY, n=TOLD)
    await service.handle(*(an_episode().fell_behind() for _ in range(DUE - 1)))
    await clock_reminds(service)
    service.advance(hours=24)
    return service


async def test_a_look_reads_what_is_due_and_no_more(told: NotificationsService) -> None:
    async with told.runtime.database.write() as work:
        await work.execute(text("ANALYZE deliveries"))
    now = told.clock.now()
    async with told.runtime.database.read() as session:
        values = {"now": now, "most": 500}
        [[[plan]]] = (await session.execute(Explained(sql.DUE.statement), values)).all()
        assert rows_read(plan["Plan"], "deliveries") <= DUE
        wanted = {"routes": ["ops"], "groups": ["unit:BHXH-CT"], "until": [now + timedelta(hours=12)], "most": 500}
        [[[plan]]] = (await session.execute(Explained(sql.KNOWN.statement), wanted)).all()
        assert rows_read(plan["Plan"], "deliveries") <= 10 * DUE
