"""Review targets: judge their pace, and report each transition exactly once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.context import Context
from services.contracts.pace import PaceEvent
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork
from services.vocabulary import Scope
from targets_api.attainment.store import lock_attainment, save
from targets_api.attainment.touched import touched_by_targets
from targets_api.domain.episode import Known
from targets_api.hierarchy.queries import owners_of, placed_units
from targets_api.review.events import Place, pace_event
from targets_api.review.judgement import Reviewed, judge, reported_again
from targets_api.review.store import keep_verdicts


async def review(work: UnitOfWork, context: Context, target_ids: Sequence[UUID]) -> None:
    """Judge the targets as of today, save what was found, and publish an event for each transition."""
    if target_ids:
        await _save_and_report(work, context, await judge(work, context, target_ids))


async def review_and_report_again(work: UnitOfWork, context: Context, known: Mapping[UUID, Known]) -> list[PaceEvent]:
    """Judge the targets as of today, and publish for each where it stands, whether or not it was published before.

    `known` is what the listener has received. The events: none for a target that is not there or has never lagged.
    """
    await lock_attainment(work, known)
    reviewed = [reported_again(r, known[r.standing.target.id]) for r in await judge(work, context, list(known))]
    return await _save_and_report(work, context, reviewed)


async def review_changed(work: UnitOfWork, context: Context, target_ids: Sequence[UUID]) -> None:
    """Judge the targets as of today, since they have another value, or their unit or organisation another name or
    place. An event is published for each transition, and for each that lags as before: alerts follow."""
    if not target_ids:
        return
    await lock_attainment(work, target_ids)
    await _save_and_report(work, context, [_followed(r) for r in await judge(work, context, target_ids)])


def _followed(reviewed: Reviewed) -> Reviewed:
    episode = reviewed.episode
    if reviewed.transition or not episode.lagging:
        return reviewed
    return reported_again(reviewed, Known(episode.number, episode.revision))


async def _save_and_report(work: UnitOfWork, context: Context, reviewed: Sequence[Reviewed]) -> list[PaceEvent]:
    differing = [each for each in reviewed if each.differs(context)]
    states = [each.state for each in differing]
    with work.touching(touched_by_targets(each.standing.target for each in differing)):
        await save(work, states, context.today)
        await keep_verdicts(work, states, context.today)
    changed = [(each, each.transition) for each in reviewed if each.transition]
    places = await _places(work, {each.standing.target.scope for each, _ in changed})
    events = [pace_event(each, transition, places[each.standing.target.scope], context) for each, transition in changed]
    await emit(work, events)
    return events


async def _places(work: UnitOfWork, scopes: Collection[Scope]) -> dict[Scope, Place]:
    units = await placed_units(work, {scope.unit_code for scope in scopes if scope.unit_code})
    owners = await owners_of(work, scopes)
    return {scope: Place(units.get(scope.unit_code or ""), owners[scope]) for scope in scopes}
