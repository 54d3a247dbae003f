"""Follow the pace of targets, acknowledge alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from notifications.alerts import store
from notifications.alerts.events import changed
from notifications.alerts.pace import AlertsOfTargets, episode_of
from notifications.alerts.snapshots import snapshot_of
from notifications.deliveries.usecases import queue
from notifications.domain import alert as rules
from notifications.domain.alert import Acknowledger, NoSuchAlert
from notifications.messages.alert_change import AlertChange
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.ownership import store as ownership
from services.context import Context
from services.contracts.pace import PaceEvent
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork


async def follow_pace(work: UnitOfWork, context: Context, events: Sequence[PaceEvent], group_wait: timedelta) -> None:
    """Apply each event to the alert of its episode, and queue deliveries of the changes, which wait for others of their
    group.

    An event that arrives twice or late changes nothing. Raises Unavailable where another worker raised the same alert
    meanwhile.
    """
    stored = (await store.of_episodes(work, {episode_of(event) for event in events})).values()
    alerts = AlertsOfTargets(stored)
    by_revision = sorted(events, key=lambda event: event.data.revision)
    changes = [change for event in by_revision for change in alerts.apply(event)]
    await store.insert_all(work, alerts.added)
    await work.add(*stored)
    await ownership.save(work, alerts.organisations)
    await emit(work, [changed(change, context) for change in changes])
    await queue(work, context, changes, group_wait)


async def acknowledge(
    work: UnitOfWork,
    context: Context,
    alert_id: UUID,
    version: int,
    *,
    group_wait: timedelta,
    own_of: str | None = None,
) -> AlertSnapshot:
    """The alert, acknowledged by the actor, who has seen this version of it; where `own_of` is given, one of that
    organisation's own. The routes that were notified of the alert are notified of this.

    Raises NoSuchAlert, AlreadyResolved, AlreadyAcknowledged, StaleVersion.
    """
    row = await store.one_for_change(work, alert_id, own_of)
    if row is None:
        raise NoSuchAlert(f"no alert has the id {alert_id}")
    alert = rules.acknowledge(store.state_of(row), version, _acknowledger(context), context.at)
    await work.add(store.with_state(row, alert))
    snapshot = snapshot_of(row)
    change = AlertChange(snapshot, "acknowledged", "somebody acts on it", context.at, context.correlation_id)
    await emit(work, [changed(change, context)])
    await queue(work, context, [change], group_wait)
    return snapshot


def _acknowledger(context: Context) -> Acknowledger:
    organisation, actor = context.organisation(), context.actor
    return Acknowledger(organisation, actor.subject if actor else organisation, actor.name if actor else None)
