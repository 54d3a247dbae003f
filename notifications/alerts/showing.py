"""Alerts as they are shown: with what organisations are called, and with what hushes them.

What cannot be read is passed over where there are others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from notifications.alerts.mutes import with_mutes
from notifications.alerts.snapshots import readable, snapshot_of
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.registry.queries import names_of_organisations
from notifications.tables.alerts import AlertRow
from services.persistence.unit_of_work import ReadSession


async def shown(session: ReadSession, rows: Iterable[AlertRow], at: datetime) -> list[AlertSnapshot]:
    """Those of them that can be read, as they are shown at that time."""
    return await _shown(session, [alert for row in rows if (alert := readable(row))], at)


async def shown_one(session: ReadSession, row: AlertRow, at: datetime) -> AlertSnapshot:
    """The same of a single one. Raises Unreadable."""
    [alert] = await _shown(session, [snapshot_of(row)], at)
    return alert


async def _shown(session: ReadSession, alerts: Sequence[AlertSnapshot], at: datetime) -> list[AlertSnapshot]:
    names = await names_of_organisations(session, {alert.owner for alert in alerts if alert.owner})
    return await with_mutes(session, [_named(alert, names) for alert in alerts], at)


def _named(alert: AlertSnapshot, names: Mapping[str, str]) -> AlertSnapshot:
    return alert.model_copy(update={"owner_name": names.get(alert.owner or "")})
