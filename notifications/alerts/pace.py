"""The effect of pace events on the alerts of their targets, before anything is saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import structlog

from notifications.alerts import store
from notifications.alerts.changes import Because, Step, step_of
from notifications.alerts.rows import new_row, state_of, with_facts, with_state
from notifications.domain import pace as rules
from notifications.domain.alert import Alert, Changed, Decision, Unchanged
from notifications.domain.pace import Pace
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

    `before` are alerts of earlier episodes; `report_due_at` is when a report is due on what is raised now, at
    `heard_at`. `organisations` are those that each alert with new facts belongs to, `units_left` those that it is not
    below any more, `moved` the alerts that lie below others now.
    """

    def __init__(
        self,
        rows: Iterable[AlertRow],
        before: Iterable[store.EpisodeBefore],
        *,
        report_due_at: datetime,
        heard_at: datetime,
    ) -> None:
        self._rows: dict[UUID, dict[int, AlertRow]] = defaultdict(dict)
        self._ids: dict[UUID, dict[int, UUID]] = defaultdict(dict)
        self._report_due_at, self._heard_at = report_due_at, heard_at
        self.added: list[AlertRow] = []
        self.organisations: dict[UUID, tuple[str, ...]] = {}
        self.units_left: dict[UUID, set[str]] = {}
        self.moved: set[UUID] = set()
        for target_id, episode, alert_id in before:
            self._ids[target_id][episode] = alert_id
        for row in rows:
            self._keep(row)

    def apply(self, event: PaceEvent) -> list[Step]:
        """What the event changes, each with the alert right after it.

        An event of a later episode also resolves the alerts of earlier ones: the events of their end did not arrive.
        """
        own = self._follow(event)
        return [*self._resolve_earlier(event), *([own] if own else [])]

    def _resolve_earlier(self, event: PaceEvent) -> Iterable[Step]:
        for episode, row in self._rows[event.data.target_id].items():
            alert = state_of(row)
            if episode < event.data.episode and _is_over(alert, event):
                ended = rules.recover(alert, self._pace_of(event))
                yield _step(with_state(row, ended.alert), ended, event)

    def _follow(self, event: PaceEvent) -> Step | None:
        row = self._rows[event.data.target_id].get(event.data.episode)
        decision = self._decide(row, event)
        if isinstance(decision, Unchanged):
            _log_ignored(event, decision.reason)
            return None
        if row and row.path != list(event.data.path):
            self._move(row, event)
        changed = with_facts(row, decision.alert, event.data) if row else self._added(decision.alert, event)
        self.organisations[changed.id] = _organisations_of(event)
        return _step(changed, decision, event)

    def _move(self, row: AlertRow, event: PaceEvent) -> None:
        self.moved.add(row.id)
        if left := set(row.path).difference(event.data.path):
            self.units_left.setdefault(row.id, set()).update(left)

    def _decide(self, row: AlertRow | None, event: PaceEvent) -> Decision:
        pace = self._pace_of(event)
        if row is None and self._later(event):
            return rules.find_over(pace)
        return rules.follow(state_of(row) if row else None, pace)

    def _added(self, alert: Alert, event: PaceEvent) -> AlertRow:
        earlier = {n: id_ for n, id_ in self._ids[event.data.target_id].items() if n < event.data.episode}
        row = new_row(alert, event.data, earlier[max(earlier)] if earlier else None)
        if later := self._later(event):
            min(later, key=lambda each: each.episode).previous_id = row.id
        self._keep(row)
        self.added.append(row)
        return row

    def _later(self, event: PaceEvent) -> list[AlertRow]:
        """The alerts of later episodes: there are none but where the event is late. A source that was restored from a
        backup gives lower numbers to what is newer."""
        rows = self._rows[event.data.target_id].values()
        return [row for row in rows if row.episode > event.data.episode and row.raised_at > event.time]

    def _keep(self, row: AlertRow) -> None:
        self._rows[row.target_id][row.episode] = row
        self._ids[row.target_id][row.episode] = row.id

    def _pace_of(self, event: PaceEvent) -> Pace:
        """An alert is as grave as its episode was so far: it is told once that it worsened. Events of the version
        before do not say how grave that was."""
        facts = event.data
        severity = facts.worst_severity or facts.severity
        transition = _TRANSITIONS[type(event)]
        return Pace(
            transition,
            facts.revision,
            severity,
            event.time,
            facts.withdrawn,
            report_due_at=self._report_due_at,
            heard_at=self._heard_at,
        )


def _organisations_of(event: PaceEvent) -> tuple[str, ...]:
    """An event of the version before has none but the one that its scope names."""
    named = event.data.scope.organisation_code
    return event.data.organisations or ((named,) if named is not None else ())


def _is_over(alert: Alert, later: PaceEvent) -> bool:
    return alert.status != "resolved" and alert.revision < later.data.revision


def _step(row: AlertRow, decision: Changed, event: PaceEvent) -> Step:
    return step_of(row, decision, Because(event.time, event.correlationid))


def _log_ignored(event: PaceEvent, reason: str) -> None:
    target = {"target": str(event.data.target_id), "episode": event.data.episode}
    log.debug("pace_event_ignored", type=event.type, **target, reason=reason)
