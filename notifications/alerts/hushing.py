"""Withhold changes of alerts that silences or alerts of units above hush."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from notifications.alerts.mutes import Mute, mutes_of_alerts
from notifications.domain.alert import ChangeKind
from notifications.hushed import store as hushed
from notifications.messages.alert_change import AlertChange
from notifications.tables.hushed import HushedAlertRow
from notifications.tables.locks import ROUTES
from services.context import Context
from services.persistence.locks import take_shared
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

_TOLD_TO_ALL: Final = frozenset({"raised", "worsened", "timed_out", "escalated"})
"""What every route is told that an alert concerns: nothing is left to be told then."""


async def withhold(work: UnitOfWork, context: Context, changes: Sequence[AlertChange]) -> list[AlertChange]:
    """The changes that routes are notified of; the others are kept until what hushes them is over. An end is always
    told to the routes that were notified of the alert: else they would show it for ever."""
    if not changes:
        return []
    await take_shared(work, ROUTES)
    last = {change.alert.id: change for change in changes}
    concerned = {change.alert.id: change.alert for change in changes if change.alert.status != "resolved"}
    mutes = await mutes_of_alerts(work, list(concerned.values()), context.at)
    kept = {i: change.kind for i, change in last.items() if i in mutes and change.kind != "resolved"}
    ended = [alert_id for alert_id, change in last.items() if change.kind == "resolved"]
    told_to_all = {c.alert.id for c in changes if c.kind in _TOLD_TO_ALL and c.alert.id not in mutes}
    await hushed.forget(work, [*ended, *told_to_all])
    await hushed.look_at_inhibited(work, ended, context.at)
    named = {i: [name for c in changes if c.alert.id == i for name in c.routes] for i in kept}
    await hushed.withhold(work, [hushed_row(i, kept[i], mutes[i], context.at, named[i]) for i in sorted(kept)])
    _log_withheld(mutes)
    return [told for change in changes if (told := _told(change, mutes))]


def hushed_row(
    alert_id: UUID, change: ChangeKind | None, mute: Mute, at: datetime, routes: Sequence[str] = ()
) -> HushedAlertRow:
    """What is kept of an alert that is hushed."""
    return HushedAlertRow(
        alert_id=alert_id,
        change=change,
        since=at,
        check_at=mute.look_again_at(at),
        silenced_by=mute.silences[0].name if mute.silences else None,
        inhibited_by=mute.inhibitor,
        routes=list(routes),
    )


def _told(change: AlertChange, mutes: dict[UUID, Mute]) -> AlertChange | None:
    if change.alert.id not in mutes:
        return change
    return replace(change, unreported=False) if change.kind == "resolved" else None


def _log_withheld(mutes: dict[UUID, Mute]) -> None:
    for alert_id, mute in mutes.items():
        log.info("alert_hushed", alert=str(alert_id), reason=str(mute))
