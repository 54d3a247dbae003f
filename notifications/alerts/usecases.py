"""Follow the pace of targets, acknowledge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from notifications.alerts import store
from notifications.deliveries.usecases import AlertChange, queue
from notifications.domain import alert as rules
from notifications.domain.alert import ChangeKind, Pace, PaceTransition
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.tables.alerts import AlertRow
from services.contracts.alerts import AlertAcknowledged, AlertFacts, AlertRaised, AlertResolved
from services.contracts.pace import PaceFellBehind, PaceRecovered, PaceWorsened
from services.errors import NotFound
from services.messaging.outbox import emit
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession, UnitOfWork

PaceEvent: TypeAlias = PaceFellBehind | PaceWorsened | PaceRecovered
NewId: TypeAlias = Callable[[], UUID]
Alerts: TypeAlias = dict[store.Episode, AlertRow]
"""The alerts of one target."""

_TRANSITIONS: dict[str, PaceTransition] = {
    "drive.pace.fell_behind.v1": "fell_behind",
    "drive.pace.worsened.v1": "worsened",
    "drive.pace.recovered.v1": "recovered",
}


class NoSuchAlert(NotFound):
    """There is no alert with this id."""

    code = "no-such-alert"
    title = "There is no such alert"


@dataclass(frozen=True)
class _Reported:
    """A change that somebody has to hear of, with the alert as it was right after it."""

    alert: AlertSnapshot
    change: ChangeKind
    cause: PaceEvent
    unreported: bool = False


async def follow_pace(work: UnitOfWork, events: Sequence[PaceEvent], *, now: datetime, new_id: NewId) -> None:
    """Let each event have its effect on the alert of its episode, and queue what is to be told.

    An event of a later episode also resolves what is left of earlier ones: that they ended was not heard.
    What comes twice or late changes nothing. Raises Unavailable where another worker raised the same alert meanwhile.
    """
    before = await store.of_episodes(work, {_episode(event) for event in events})
    of_target: dict[UUID, Alerts] = defaultdict(dict)
    for (target_id, episode), row in before.items():
        of_target[target_id][target_id, episode] = row
    told = [
        item
        for event in sorted(events, key=_revision)
        for item in _follow_one(of_target[event.data.target_id], event, new_id)
    ]
    known = {episode: row for alerts in of_target.values() for episode, row in alerts.items()}
    await store.insert_all(work, [row for episode, row in known.items() if episode not in before])
    await work.add(*(row for episode, row in known.items() if episode in before))
    await emit(work, [event for item in told for event in _events_of(item, now, new_id)])
    await queue(work, [_alert_change(item) for item in told], now=now, new_id=new_id)


def _follow_one(known: Alerts, event: PaceEvent, new_id: NewId) -> list[_Reported]:
    told = _follow_own(known, event, new_id)
    return [*_end_earlier(known, event), *([told] if told else [])]


def _end_earlier(known: Alerts, event: PaceEvent) -> list[_Reported]:
    told = []
    for (_, episode), row in known.items():
        alert = store.state_of(row)
        if episode < event.data.episode and _is_over(alert, event):
            ended = rules.recover(alert, _pace_of(event))
            told.append(_Reported(AlertSnapshot.model_validate(store.with_state(row, ended.alert)), "resolved", event))
    return told


def _is_over(alert: rules.Alert, later: PaceEvent) -> bool:
    return alert.status != "resolved" and alert.revision < later.data.revision


def _follow_own(known: Alerts, event: PaceEvent, new_id: NewId) -> _Reported | None:
    row = known.get(_episode(event))
    decision = rules.follow(store.state_of(row) if row else None, _pace_of(event))
    if isinstance(decision, rules.Unchanged):
        return None
    row = known[_episode(event)] = store.with_facts(row, decision.alert, event.data, new_id)
    view = AlertSnapshot.model_validate(row)
    return _Reported(view, decision.tell, event, decision.unreported) if decision.tell else None


def _episode(event: PaceEvent) -> store.Episode:
    return event.data.target_id, event.data.episode


def _revision(event: PaceEvent) -> int:
    return event.data.revision


def _pace_of(event: PaceEvent) -> Pace:
    severity = event.data.severity or event.data.worst_severity
    return Pace(_TRANSITIONS[event.type], event.data.revision, severity, event.time)


def _events_of(item: _Reported, now: datetime, new_id: NewId) -> list[AlertRaised | AlertResolved]:
    types: dict[ChangeKind, type[AlertRaised | AlertResolved]] = {"raised": AlertRaised, "resolved": AlertResolved}
    if item.change not in types:
        return []
    facts = _facts_of(item.alert, item.cause.time)
    cause = item.cause.correlationid
    return [
        types[item.change](id=new_id(), subject=str(item.alert.id), time=now, correlationid=cause, data=facts),
    ]


def _facts_of(alert: AlertSnapshot, at: datetime) -> AlertFacts:
    return AlertFacts(
        alert_id=alert.id,
        target_id=alert.target_id,
        version=alert.version,
        status=alert.status,
        severity=alert.severity,
        subject=alert.subject,
        at=at,
    )


def _alert_change(item: _Reported) -> AlertChange:
    return AlertChange(
        alert_id=item.alert.id,
        alert_version=item.alert.version,
        change=item.change,
        severity=item.alert.severity,
        path=tuple(item.alert.path),
        alert=item.alert.model_dump(mode="json"),
        unreported=item.unreported,
    )


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who takes an alert on, having seen which version of it, and the request by which they said so."""

    alert_id: UUID
    version: int
    by: str
    request_id: str


async def acknowledge(database: Database, command: Acknowledgement, *, now: datetime, new_id: NewId) -> AlertSnapshot:
    """The alert as it is then. Raises NoSuchAlert, AlreadyResolved, AlreadyAcknowledged, StaleVersion."""
    async with database.write() as work:
        row = _found(await store.one_for_change(work, command.alert_id), command.alert_id)
        await work.add(store.with_state(row, rules.acknowledge(store.state_of(row), command.version, command.by, now)))
        view = AlertSnapshot.model_validate(row)
        await emit(work, [_acknowledged(view, command.request_id, now, new_id)])
    return view


def _acknowledged(view: AlertSnapshot, request_id: str, now: datetime, new_id: NewId) -> AlertAcknowledged:
    facts = _facts_of(view, now)
    return AlertAcknowledged(id=new_id(), subject=str(view.id), time=now, correlationid=request_id, data=facts)


async def read_alert(session: ReadSession, alert_id: UUID) -> AlertSnapshot:
    """Raises NoSuchAlert."""
    return AlertSnapshot.model_validate(_found(await store.one(session, alert_id), alert_id))


async def read_alerts(
    session: ReadSession, wanted: store.AlertFilter, after: UUID | None, limit: int
) -> list[AlertSnapshot]:
    """Up to `limit` alerts after the one with the id `after`, newest first."""
    return [AlertSnapshot.model_validate(row) for row in await store.page(session, wanted, after, limit)]


def _found(row: AlertRow | None, alert_id: UUID) -> AlertRow:
    if row is None:
        raise NoSuchAlert(f"no alert has the id {alert_id}")
    return row
