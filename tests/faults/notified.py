"""Steps of tests of which notifications are sent by real processes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from drive.client.client import until
from notifications.alerts.consumers import pace_handlers
from notifications.domain.terms import Terms
from notifications.tables import SCHEMA
from services.clock import Clock, SystemClock
from services.context import context_of
from services.contracts.pace import PaceFellBehind
from services.pages import pages
from services.persistence.database import Database
from tests.faults.faults import administrator
from tests.notifications.receiver import Receiver
from tests.notifications.service import Episode
from tests.support.installation import Installation

ALLOWED: Final = {"DRIVE_WEBHOOK_ALLOW": "127.0.0.0/8"}


async def put(installation: Installation, channel: str, address: str, name: str = "ops", **more: Any) -> dict[str, Any]:
    """A route, by the API."""
    if ("serve", "notifications") not in installation.processes:
        await installation.start("serve", "notifications", **ALLOWED)
        await installation.ready("serve", "notifications")
    async with installation.user("OPS", "alerts:write") as ops:
        body = {"channel": channel, "address": address, **more}
        answer: dict[str, Any] = await ops.send("PUT", "notifications", f"/v1/routes/{name}", body)
        return answer


async def put_route(installation: Installation, receiver: Receiver, name: str = "ops", **more: Any) -> None:
    """A route to the receiver."""
    receiver.secret = (await put(installation, "webhook", receiver.url, name, **more))["secret"]


async def raise_alerts(installation: Installation, *lags: Episode, heard: Clock | None = None) -> None:
    """Alerts of targets that fall behind are raised, and due for the routes that they concern. `heard`: when that
    becomes known, now where nothing is said."""
    url = installation.configuration.database("notifications")
    assert url is not None
    database = Database(url, SCHEMA)
    try:
        handle = pace_handlers(Terms(timedelta(), timedelta(days=1), 3), lambda: None)[PaceFellBehind]
        for page in pages(lags, 100):  # no transaction is idle for long on a busy machine
            async with database.write() as work:
                await handle(work, context_of(heard or SystemClock()), [lag.fell_behind() for lag in page])
    finally:
        await database.close()


async def deliveries(installation: Installation) -> list[tuple[str, list[str]]]:
    """State and outcomes of each, oldest first."""
    rows = await installation.rows(
        "notifications",
        "SELECT d.state, array_remove(array_agg(a.outcome ORDER BY a.attempt), NULL) AS outcomes FROM deliveries d"
        " LEFT JOIN delivery_attempts a ON a.delivery_id = d.id GROUP BY d.id ORDER BY d.queued_at",
    )
    return [(row["state"], row["outcomes"]) for row in rows]


async def become(installation: Installation, expected: list[tuple[str, list[str]]]) -> None:
    """Wait until the deliveries are these."""
    await until(f"{expected}", lambda: deliveries(installation), lambda found: found == expected, seconds=60)


async def let_the_lease_end(installation: Installation) -> None:
    """As after three minutes, of which the test waits for none; what is tried again is due, too."""
    async with administrator(installation, "notifications") as connection:
        await connection.execute("UPDATE deliveries SET leased_until = now() WHERE state = 'sending'")
