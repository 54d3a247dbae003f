"""The effect of pace events on the alerts of their targets, before anything is saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

import structlog

from notifications.alerts import store
from notifications.alerts.snapshots import snapshot_of
from notifications.domain import alert as rules
from notifications.domain.alert import ChangeKind, Pace
from notifications.messages.alert_change import AlertChange
from notifications.tables.alerts import AlertRow
from services.contracts.pace import PaceEvent, PaceFellBehind, PaceRecovered, PaceWorsened
from services.vocabulary import PaceTransition

log = structlog.get_logger(__name__)

_TRANSITIONS: Mapping[type[PaceEvent], PaceTransition] = {
    PaceFellBehind: "fell_behind",
    PaceWorsened: "worsened",
    PaceRecovered: "recovered",
}


def episode_of(event: PaceEvent) -> store.Episode:
    """The episode that the event is about."""
    return event.data.target_id, event.data.episode


class AlertsOfTargets:
    """Alerts by target and episode. `apply` changes their rows, and adds new ones.

    `organisations` are those that each alert with new facts belongs to.
    """

    def __init__(self, rows: Iterable[AlertRow]) -> None:
        self._rows: dict[UUID, dict[int, AlertRow]] = defaultdict(dict)
        self.added: list[AlertRow] = []
        self.organisations: dict[UUID, tuple[str, ...]] = {}
        for row in rows:
            self._rows[row.target_id][row.episode] = row

    def apply(self, event: PaceEvent) -> list[AlertChange]:
        """The changes of which routes are to be notified, each with the alert right after it.

        An event of a later episode also resolves the alerts of earlier ones: the events of their end did not arrive.
        """
        own = self._follow(event)
        return [*self._resolve_earlier(event), *([own] if own else [])]

    def _resolve_earlier(self, event: PaceEvent) -> Iterable[AlertChange]:
        for episode, row in self._rows[event.data.target_id].items():
            alert = store.state_of(row)
            if episode < event.data.episode and _is_over(alert, event):
                ended = rules.recover(alert, _pace_of(event))
                yield _change(store.with_state(row, ended.alert), "resolved", ended, event)

    def _follow(self, event: PaceEvent) -> AlertChange | None:
        row = self._rows[event.data.target_id].get(event.data.episode)
        decision = rules.follow(store.state_of(row) if row else None, _pace_of(event))
        if isinstance(decision, rules.Unchanged):
            _log_ignored(event, decision.reason)
            return None
        changed = store.with_facts(row, decision.alert, event.data)
        self.organisations[changed.id] = _organisations_of(event)
        if row is None:
            self._add(changed)
        return _change(changed, decision.notify, decision, event) if decision.notify else None

    def _add(self, row: AlertRow) -> None:
        self._rows[row.target_id][row.episode] = row
        self.added.append(row)


def _organisations_of(event: PaceEvent) -> tuple[str, ...]:
    """An event of the version before has none but the one that its scope names."""
    named = event.data.scope.organisation_code
    return event.data.organisations or ((named,) if named is not None else ())


def _is_over(alert: rules.Alert, later: PaceEvent) -> bool:
    return alert.status != "resolved" and alert.revision < later.data.revision


def _pace_of(event: PaceEvent) -> Pace:
    severity = event.data.severity or event.data.worst_severity
    return Pace(_TRANSITIONS[type(event)], event.data.revision, severity, event.time, event.data.withdrawn)


def _change(row: AlertRow, kind: ChangeKind, decision: rules.Changed, cause: PaceEvent) -> AlertChange:
    return AlertChange(
        alert=snapshot_of(row),
        kind=kind,
        reason=decision.reason,
        at=cause.time,
        correlation_id=cause.correlationid,
        unreported=decision.unreported,
    )


def _log_ignored(event: PaceEvent, reason: str) -> None:
    target = {"target": str(event.data.target_id), "episode": event.data.episode}
    log.debug("pace_event_ignored", type=event.type, **target, reason=reason)
