"""Review targets: judge their pace, and tell each turn exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.clock import Clock
from services.contracts.events import (
    PaceFacts,
    PaceFellBehind,
    PaceFigures,
    PaceRecovered,
    PaceWorsened,
)
from services.contracts.events import Scope as ScopeFacts
from services.database import Database, WriteSession
from services.ids import new_id
from services.messaging.outbox import emit
from targets_api.changes import note_change
from targets_api.domain.calendar import WorkingCalendar
from targets_api.domain.episode import Turn, turn_of
from targets_api.domain.pace import Status, pace_of
from targets_api.occasion import Occasion, occasion_of
from targets_api.registry.store import names_and_paths
from targets_api.review import store
from targets_api.review.store import Reviewed, Standing
from targets_api.vietnam import calendar_of

TARGETS_PER_UNIT_OF_WORK = 500

_EVENTS: Final[dict[Turn, type[PaceFellBehind | PaceWorsened | PaceRecovered]]] = {
    "fell_behind": PaceFellBehind,
    "worsened": PaceWorsened,
    "recovered": PaceRecovered,
}


async def review(session: WriteSession, target_ids: Sequence[UUID], occasion: Occasion) -> None:
    """Judge the targets as of today, note the verdicts, and emit an event for each turn."""
    if not target_ids:
        return
    standings = await store.locked_standings(session, target_ids)
    calendar = calendar_of(day for s in standings for day in (s.target.starts_on, s.target.ends_on))
    reviewed = [_judge(standing, occasion, calendar) for standing in standings]
    await store.save(session, [r for r in reviewed if _is_news(r, occasion)], occasion.today)
    await _tell(session, [r for r in reviewed if r.turn], occasion)


async def sweep(database: Database, clock: Clock) -> None:
    """Review every target that the passing of time may have changed, some hundred in a unit of work."""
    while True:
        async with database.write() as session:
            occasion = occasion_of(clock)
            target_ids = await store.due(session, occasion.today, TARGETS_PER_UNIT_OF_WORK)
            await review(session, target_ids, occasion)
            if target_ids:
                await note_change(session)
        if len(target_ids) < TARGETS_PER_UNIT_OF_WORK:
            return


def _judge(standing: Standing, occasion: Occasion, calendar: WorkingCalendar) -> Reviewed:
    previous: Status | None = "behind" if standing.episode.lagging else None
    verdict = pace_of(standing.target, standing.progress, occasion.today, calendar, previous=previous)
    episode, turn = turn_of(standing.episode, verdict)
    return Reviewed(standing, verdict, episode, turn)


def _is_news(reviewed: Reviewed, occasion: Occasion) -> bool:
    before = reviewed.standing
    return (before.status, before.severity, before.episode, before.reviewed_on) != (
        reviewed.verdict.status,
        reviewed.verdict.severity,
        reviewed.episode,
        occasion.today,
    )


async def _tell(session: WriteSession, turned: Sequence[Reviewed], occasion: Occasion) -> None:
    units = await names_and_paths(session, [code for r in turned if (code := r.standing.target.scope.unit_code)])
    events = []
    for reviewed in turned:
        assert reviewed.turn  # noqa: S101 - only those that turned are told
        name, path = units.get(reviewed.standing.target.scope.unit_code or "", (None, ()))
        event = _EVENTS[reviewed.turn]
        events.append(
            event(
                id=new_id(),
                subject=str(reviewed.standing.target.id),
                time=occasion.now,
                correlationid=occasion.correlation_id,
                data=_facts(reviewed, name, path, occasion),
            )
        )
    await emit(session, events)


def _facts(reviewed: Reviewed, unit_name: str | None, path: tuple[str, ...], occasion: Occasion) -> PaceFacts:
    target, verdict = reviewed.standing.target, reviewed.verdict
    scope = target.scope
    return PaceFacts(
        target_id=target.id,
        target_name=target.name,
        episode=reviewed.episode.number,
        revision=reviewed.episode.revision,
        scope=ScopeFacts(
            unit_code=scope.unit_code, organisation_code=scope.organisation_code, collector_code=scope.collector_code
        ),
        unit_name=unit_name,
        path=path,
        scheme=target.scheme,
        measure=target.measure,
        starts_on=target.starts_on,
        ends_on=target.ends_on,
        status=verdict.status,
        severity=verdict.severity,
        worst_severity=reviewed.episode.told or reviewed.standing.episode.told,
        figures=_figures(reviewed, occasion),
    )


def _figures(reviewed: Reviewed, occasion: Occasion) -> PaceFigures:
    target, progress, verdict = reviewed.standing.target, reviewed.standing.progress, reviewed.verdict
    share = progress.achieved / progress.population if target.measure == "coverage" and progress.population else None
    return PaceFigures(
        on=occasion.today,
        value=target.value,
        achieved=progress.achieved if share is None else round(share, 4),
        attained=round(verdict.attained, 3),
        expected=round(verdict.expected, 3),
        ratio=None if verdict.ratio is None else round(verdict.ratio, 3),
        short_by=verdict.short_by,
        needed_per_day=None if verdict.needed_per_day is None else round(verdict.needed_per_day, 1),
    )
