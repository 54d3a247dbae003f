"""Steps that the tests of reminders share."""

from __future__ import annotations

from notifications.reminders.runner import Reminders
from tests.notifications.service import NotificationsService


async def clock_looks(service: NotificationsService) -> None:
    """The clock looks at what routes are to be told again."""
    await Reminders(service.runtime.database, service.clock, service.runtime.settings.terms, lambda: None).look()


async def remind(service: NotificationsService) -> int:
    """The clock looks, and what is due is sent: how many messages that makes."""
    await clock_looks(service)
    return await service.sender().send_due()


async def wait(service: NotificationsService, hours: float) -> int:
    """Time passes, and the same: the clock looks each hour."""
    sent = await remind(service)
    for _ in range(int(hours)):
        service.advance(hours=1)
        sent += await remind(service)
    return sent


async def age(service: NotificationsService, hours: int) -> None:
    """What routes were told was told so much earlier: receivers of webhooks compare the time with their own."""
    await service.execute(
        """
        UPDATE deliveries SET told_at = told_at - make_interval(hours => :hours),
                              remind_at = remind_at - make_interval(hours => :hours)
        """,
        hours=hours,
    )
    service.advance(seconds=1)


async def reminders(service: NotificationsService, route: str = "ops") -> list[int]:
    """How often a route was reminded of each alert that it knows."""
    rows = await service.query("SELECT route_name, reminders FROM deliveries WHERE state = 'sent' ORDER BY id")
    return [row.reminders for row in rows if row.route_name == route]
