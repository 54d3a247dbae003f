"""Follow the pace of targets."""

from __future__ import annotations

from collections.abc import Sequence

from notifications.alerts import store
from notifications.alerts.changes import save_steps
from notifications.alerts.due import report_due_at
from notifications.alerts.hushing import look_at_moved
from notifications.alerts.pace import AlertsOfTargets, episode_of
from notifications.departures import store as departures
from notifications.domain.terms import Terms
from notifications.ownership import store as ownership
from services.context import Context
from services.contracts.pace import PaceEvent
from services.persistence.unit_of_work import UnitOfWork


async def follow_pace(work: UnitOfWork, context: Context, events: Sequence[PaceEvent], terms: Terms) -> None:
    """Apply each event to the alert of its episode, and queue deliveries of the changes, which wait for others of their
    group.

    An event that arrives twice or late changes nothing. Raises Unavailable where another worker raised the same alert
    meanwhile.
    """
    episodes = {episode_of(event) for event in events}
    stored = await store.from_episodes(work, episodes)
    before = await store.alerts_before(work, episodes)
    due = report_due_at(context.today, terms)
    alerts = AlertsOfTargets(stored, before, report_due_at=due, heard_at=context.at)
    by_revision = sorted(events, key=lambda event: event.data.revision)
    steps = [step for event in by_revision for step in alerts.apply(event)]
    await store.insert_all(work, alerts.added)
    await work.add(*stored)
    changes = await ownership.save(work, alerts.organisations)
    await departures.save(work, alerts.units_left, changes.left)
    await save_steps(work, context, steps, terms)
    unresolved = {row.id for row in stored if row.status != "resolved"}
    await look_at_moved(work, unresolved & (alerts.moved | changes.altered), context.at)
