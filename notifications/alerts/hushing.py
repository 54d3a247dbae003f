"""Withhold changes of alerts that silences or alerts of units above hush."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from notifications.alerts.mutes import mutes_of_alerts
from notifications.domain.hush import TOLD_TO_ALL, Mute, Withheld
from notifications.hushed import store as hushed
from notifications.messages.alert_change import AlertChange
from notifications.tables.hushed import HushedAlertRow
from notifications.tables.locks import ROUTES
from services.context import Context
from services.persistence.locks import take_shared
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


async def withhold(work: UnitOfWork, context: Context, changes: Sequence[AlertChange]) -> list[AlertChange]:
    """The changes that routes are notified of; the others are kept until what hushes them is over. An end is always
    told to the routes that were notified of the alert: else they would show it for ever."""
    if not changes:
        return []
    await take_shared(work, ROUTES)
    last = {change.alert.id: change for change in changes}
    concerned = {change.alert.id: change.alert for change in changes if change.alert.status != "resolved"}
    mutes = await mutes_of_alerts(work, list(concerned.values()), context.at)
    ended = [alert_id for alert_id, change in last.items() if change.kind == "resolved"]
    await hushed.forget(work, ended)
    await hushed.forget_changes(
        work, {c.alert.id for c in changes if c.kind in TOLD_TO_ALL and c.alert.id not in mutes}
    )
    await hushed.look_at_inhibited(work, ended, context.at)
    kept = _withheld([change for change in changes if change.alert.id in mutes.keys() - ended])
    await hushed.withhold(work, [hushed_row(i, kept[i], mutes[i], context.at) for i in sorted(kept)])
    _log_withheld(mutes)
    return [told for change in changes if (told := _told(change, mutes))]


async def look_at_moved(work: UnitOfWork, alert_ids: Collection[UUID], at: datetime) -> None:
    """Let the clock look at alerts whose units or organisations are others now: what hushed them may not any more, and
    they may concern routes that were not notified of them."""
    if alert_ids:
        await take_shared(work, ROUTES)
        await hushed.look_at(work, [hushed_row(i, Withheld(), Mute(), at) for i in sorted(alert_ids)])


def hushed_row(alert_id: UUID, withheld: Withheld, mute: Mute, at: datetime) -> HushedAlertRow:
    """What is kept of an alert that is hushed."""
    return HushedAlertRow(
        alert_id=alert_id,
        change=withheld.change,
        since=at,
        check_at=mute.look_again_at(at),
        silenced_by=mute.silences[0].name if mute.silences else None,
        inhibited_by=mute.inhibitor,
        routes=list(withheld.routes),
    )


def _withheld(changes: Sequence[AlertChange]) -> dict[UUID, Withheld]:
    kept: dict[UUID, Withheld] = defaultdict(Withheld)
    for change in changes:
        kept[change.alert.id] = kept[change.alert.id].followed_by(change.kind, change.routes)
    return kept


def _told(change: AlertChange, mutes: dict[UUID, Mute]) -> AlertChange | None:
    if change.alert.id not in mutes:
        return change
    return replace(change, unreported=False) if change.kind == "resolved" else None


def _log_withheld(mutes: dict[UUID, Mute]) -> None:
    for alert_id, mute in mutes.items():
        log.info("alert_hushed", alert=str(alert_id), reason=str(mute))
