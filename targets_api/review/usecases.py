"""Review targets: judge their pace, and tell each transition exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.clock import Clock
from services.context import Context, context_of
from services.messaging.outbox import emit
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork
from targets_api.attainment.store import ReviewedState, save
from targets_api.attainment.versions import bump_version
from targets_api.domain.episode import Known
from targets_api.hierarchy.queries import names_and_paths
from targets_api.review.events import PaceEvent, pace_event
from targets_api.review.judgement import Reviewed, is_news, judge_all, reported_again
from targets_api.review.queries import due

TARGETS_PER_UNIT_OF_WORK = 500


async def review(work: UnitOfWork, target_ids: Sequence[UUID], context: Context) -> None:
    """Judge the targets as of today, note the verdicts, and emit an event for each transition."""
    if not target_ids:
        return
    reviewed = await judge_all(work, target_ids, context)
    await save(work, [_state_of(r) for r in reviewed if is_news(r, context)], context.today)
    await _report(work, [r for r in reviewed if r.transition], context)


async def review_and_report_again(work: UnitOfWork, known: Mapping[UUID, Known], context: Context) -> list[PaceEvent]:
    """Judge the targets as of today, and emit for each where it stands, whether or not it was told before.

    `known` is what the listener has heard. The events: none for a target that is not there or has never lagged.
    """
    reviewed = [reported_again(r, known[r.standing.target.id]) for r in await judge_all(work, list(known), context)]
    await save(work, [_state_of(r) for r in reviewed if is_news(r, context)], context.today)
    return await _report(work, [r for r in reviewed if r.transition], context)


async def sweep(database: Database, clock: Clock) -> None:
    """Review every target that the passing of time may have changed, some hundred in a unit of work."""
    while True:
        async with database.write() as work:
            context = context_of(clock)
            target_ids = await due(work, context.today, TARGETS_PER_UNIT_OF_WORK)
            await review(work, target_ids, context)
            if target_ids:
                await bump_version(work)
        if len(target_ids) < TARGETS_PER_UNIT_OF_WORK:
            return


async def _report(work: UnitOfWork, turned: Sequence[Reviewed], context: Context) -> list[PaceEvent]:
    units = await names_and_paths(work, [code for r in turned if (code := r.standing.target.scope.unit_code)])
    events = []
    for reviewed in turned:
        assert reviewed.transition  # noqa: S101 - only those that turned are told
        unit = units.get(reviewed.standing.target.scope.unit_code or "", (None, ()))
        events.append(pace_event(reviewed, reviewed.transition, unit, context))
    await emit(work, events)
    return events


def _state_of(reviewed: Reviewed) -> ReviewedState:
    verdict = reviewed.verdict
    return ReviewedState(reviewed.standing.target.id, verdict.status, verdict.severity, reviewed.episode)
