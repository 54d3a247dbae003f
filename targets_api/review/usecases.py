"""Review targets: judge their pace, and tell each turn exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.clock import Clock
from services.database import Database, WriteSession
from services.messaging.outbox import emit
from targets_api.changes import note_change
from targets_api.domain.calendar import WorkingCalendar
from targets_api.domain.episode import Known, retell, turn_of
from targets_api.domain.pace import Status, pace_of
from targets_api.occasion import Occasion, occasion_of
from targets_api.registry.store import names_and_paths
from targets_api.review import store
from targets_api.review.events import PaceEvent, pace_event
from targets_api.review.store import Reviewed, Standing
from targets_api.vietnam import calendar_of

TARGETS_PER_UNIT_OF_WORK = 500


async def review(session: WriteSession, target_ids: Sequence[UUID], occasion: Occasion) -> None:
    """Judge the targets as of today, note the verdicts, and emit an event for each turn."""
    if not target_ids:
        return
    reviewed = await _judge_all(session, target_ids, occasion)
    await store.save(session, [r for r in reviewed if _is_news(r, occasion)], occasion.today)
    await _tell(session, [r for r in reviewed if r.turn], occasion)


async def review_and_tell_again(
    session: WriteSession, known: Mapping[UUID, Known], occasion: Occasion
) -> list[PaceEvent]:
    """Judge the targets as of today, and emit for each where it stands, whether or not it was told before.

    `known` is what the listener has heard. The events: none for a target that is not there or has never lagged.
    """
    reviewed = [_retold(r, known[r.standing.target.id]) for r in await _judge_all(session, list(known), occasion)]
    await store.save(session, [r for r in reviewed if _is_news(r, occasion)], occasion.today)
    return await _tell(session, [r for r in reviewed if r.turn], occasion)


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


async def _judge_all(session: WriteSession, target_ids: Sequence[UUID], occasion: Occasion) -> list[Reviewed]:
    standings = await store.locked_standings(session, target_ids)
    calendar = calendar_of(day for s in standings for day in (s.target.starts_on, s.target.ends_on))
    return [_judge(standing, occasion, calendar) for standing in standings]


def _retold(reviewed: Reviewed, known: Known) -> Reviewed:
    episode, turn = retell(reviewed.episode, reviewed.turn, known)
    return replace(reviewed, episode=episode, turn=turn)


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


async def _tell(session: WriteSession, turned: Sequence[Reviewed], occasion: Occasion) -> list[PaceEvent]:
    units = await names_and_paths(session, [code for r in turned if (code := r.standing.target.scope.unit_code)])
    events = []
    for reviewed in turned:
        assert reviewed.turn  # noqa: S101 - only those that turned are told
        unit = units.get(reviewed.standing.target.scope.unit_code or "", (None, ()))
        events.append(pace_event(reviewed, reviewed.turn, unit, occasion))
    await emit(session, events)
    return events
