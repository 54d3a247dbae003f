"""What follows from a change of an alert: an entry of its timeline, an event, and deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from notifications.alerts.events import changed
from notifications.alerts.hushing import withhold
from notifications.alerts.snapshots import snapshot_of
from notifications.deliveries.usecases import queue
from notifications.domain.alert import Changed, Person
from notifications.domain.terms import Terms
from notifications.messages.alert_change import AlertChange
from notifications.tables.alerts import AlertRow
from notifications.tables.timeline import TimelineRow
from notifications.timeline import store as timeline
from services.context import Context
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Because:
    """When and because of what a change came about; `by` and `note` where somebody made it."""

    at: datetime
    correlation_id: str
    by: Person | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A change with the alert right after it: as the timeline tells it, and as it is published, where it is."""

    entry: TimelineRow
    change: AlertChange | None


def step_of(row: AlertRow, decision: Changed, cause: Because) -> Step:
    """The change of the row, which is as the decision has made it."""
    return Step(_entry(row, decision, cause), _change(row, decision, cause))


async def save_steps(work: UnitOfWork, context: Context, steps: Sequence[Step], terms: Terms) -> None:
    """Record the changes of alerts that are saved, publish them, and queue deliveries, which wait for others of their
    group."""
    await timeline.add(work, [step.entry for step in steps])
    changes = [step.change for step in steps if step.change]
    await emit(work, [changed(change, context) for change in changes])
    told = await withhold(work, context, [change for change in changes if change.notify])
    await queue(work, context, told, terms)


def _entry(row: AlertRow, decision: Changed, cause: Because) -> TimelineRow:
    by = asdict(cause.by) if cause.by else {}
    return TimelineRow(
        alert_id=row.id,
        at=cause.at,
        kind=decision.entry,
        status=row.status,
        severity=row.severity,
        version=row.version,
        reason=decision.reason,
        note=cause.note,
        **by,
    )


def _change(row: AlertRow, decision: Changed, cause: Because) -> AlertChange | None:
    if decision.publish is None:
        return None
    return AlertChange(
        alert=snapshot_of(row),
        kind=decision.publish,
        reason=decision.reason,
        at=cause.at,
        correlation_id=cause.correlation_id,
        unreported=decision.unreported,
        notify=decision.notify,
        routes=decision.routes,
    )
