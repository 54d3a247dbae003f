"""Look at what was hushed: whether anything hushes it still, and else tell routes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import structlog

from notifications.alerts.hushing import hushed_row
from notifications.alerts.mutes import mutes_of_alerts
from notifications.alerts.snapshots import PUT_OFF, readable
from notifications.deliveries.usecases import queue
from notifications.domain.hush import Withheld, news_after
from notifications.domain.terms import Terms
from notifications.hushed import store as hushed
from notifications.messages.alert_change import AlertChange
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.releases import store
from notifications.tables.alerts import AlertRow
from notifications.tables.hushed import HushedAlertRow
from notifications.tables.locks import ROUTES
from services.context import Context
from services.persistence.locks import take_shared
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

_REASON: Final = "what hushed the alert is over"


async def release(work: UnitOfWork, context: Context, terms: Terms, most: int) -> int:
    """Do what is due of so many alerts; of how many there was something to do. A route that was notified of the alert
    hears of the last change that it was not told of; others hear of the alert as it stands."""
    await take_shared(work, ROUTES)  # before the rows, for which whoever holds it may wait
    due = await store.due(work, context.at, most)
    found = [(row, alert) for row, stored in due if (alert := _readable_or_put_off(row, stored, context))]
    mutes = await mutes_of_alerts(work, [alert for _, alert in found], context.at)
    still = [
        hushed_row(row.alert_id, Withheld(row.change), mutes[row.alert_id], context.at)
        for row, _ in found
        if row.alert_id in mutes
    ]
    await hushed.withhold(work, still)
    over = [(row, alert) for row, alert in found if alert.id not in mutes]
    await hushed.forget(work, [alert.id for _, alert in over])
    await queue(work, context, [change for row, alert in over for change in _news(alert, row, context)], terms)
    if found:
        log.info("hushed_alerts_looked_at", told=len(over), still=len(still))
    return len(due)


def _readable_or_put_off(row: HushedAlertRow, stored: AlertRow, context: Context) -> AlertSnapshot | None:
    if (alert := readable(stored)) is None:
        row.check_at = context.at + PUT_OFF
    return alert


def _news(alert: AlertSnapshot, row: HushedAlertRow, context: Context) -> Iterator[AlertChange]:
    at = max(time for time in (alert.raised_at, alert.acknowledged_at, alert.reported_at) if time)
    for kind, to, routes in news_after(Withheld(row.change, tuple(row.routes)), alert.status):
        yield AlertChange(alert, kind, _REASON, at, context.correlation_id, to=to, routes=routes)
