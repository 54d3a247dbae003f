"""Set targets and the baselines they are measured from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.context import Context
from services.contracts.targets import TargetRevised, TargetWithdrawn
from services.errors import DomainError, NotKnownYet, Unknown, accepted
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork
from services.waiting import each_in_turn
from targets_api.attainment.recount import catch_up, prepare, put, recount
from targets_api.attainment.store import lock_counting, lock_rollups
from targets_api.attainment.touched import touched_by_targets
from targets_api.domain import baseline as baselines
from targets_api.domain.baseline import Baseline
from targets_api.domain.revision import Change, Revision, changed
from targets_api.domain.tally import Counts
from targets_api.domain.target import NoSuchTarget, Target, differs, identity_of
from targets_api.hierarchy.queries import days_of, known_codes
from targets_api.review.usecases import review, review_changed
from targets_api.targets import store
from targets_api.targets.checks import as_registered, errors_of_new
from targets_api.targets.events import target_revised, target_set, target_withdrawn
from targets_api.targets.parents import parents_of
from targets_api.targets.queries import TargetChange


@dataclass(frozen=True, slots=True)
class SetTarget:
    """A target as it is stored, and whether it was set just now."""

    target: Target
    is_new: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """Targets that are set, or refused, in the order in which they were given; `new` are to catch up with what is
    counted but for what was `counted` for them already."""

    outcomes: list[SetTarget | DomainError]
    new: Sequence[Target]
    counted: Counts


@dataclass(frozen=True, slots=True)
class SetBaseline:
    """A baseline as it is stored, and whether there was none of that day."""

    baseline: Baseline
    is_new: bool


async def set_targets(work: UnitOfWork, context: Context, targets: Sequence[Target]) -> list[SetTarget]:
    """Set the targets, all or none: raises the first error of `set_each`."""
    return [accepted(outcome) for outcome in await set_each(work, context, targets)]


async def set_each(work: UnitOfWork, context: Context, targets: Sequence[Target]) -> list[SetTarget | DomainError]:
    """Set each of the targets, count what has been achieved already, and review them.

    A target that is set already with the same value is returned as it is stored. One that cannot be set is returned as
    InvalidTarget, NotKnownYet, or TargetDiffers where it is set with another value; it does not affect the others.
    """
    begun = await begin_each(work, context, targets)
    await lock_counting(work)
    await finish(work, context, begun)
    return begun.outcomes


async def begin_each(work: UnitOfWork, context: Context, targets: Sequence[Target]) -> Begun:
    """What `set_each` does while counting goes on. Nobody sees the targets yet, so that nothing is counted for them."""
    registered = await as_registered(work, targets)
    wanted = [target for target in registered if isinstance(target, Target)]
    await lock_rollups(work)
    refused = await errors_of_new(work, wanted, await store.lock_parents(work, parents_of(wanted)))
    setting = [replace(target, set_on=context.today) for target in wanted if target.id not in refused]
    with work.touching(touched_by_targets(setting)):
        new, standing = await store.insert_targets(work, setting, context)
        events = await each_in_turn(lambda t: target_set(t, context), [t for t in setting if t.id in new])
        await emit(work, events)
        await put(work, await prepare(work, sorted(new)))
        _, counted = await catch_up(work, new, {})
    await review(work, context, sorted(new))
    outcomes = [
        target if isinstance(target, DomainError) else refused.get(target.id) or _set(target, new, standing)
        for target in registered
    ]
    return Begun(outcomes, [target for target in setting if target.id in new], counted)


async def finish(work: UnitOfWork, context: Context, begun: Begun) -> None:
    """Count for the new targets what was counted since they were begun. Needs `lock_counting`."""
    with work.touching(touched_by_targets(begun.new)):
        advances, _ = await catch_up(work, [target.id for target in begun.new], begun.counted)
    await review(work, context, sorted(advances))


async def change_targets(
    work: UnitOfWork, context: Context, changes: Mapping[UUID, Change]
) -> dict[UUID, Target | DomainError]:
    """Revise or withdraw each of the targets, and review them: alerts follow the value, that of a withdrawn one is
    resolved.

    One that cannot be changed like that is returned as NoSuchTarget, TargetIsWithdrawn, StaleVersion, TargetIsOver or
    InvalidTarget; it does not affect the others. Several are locked while nobody else locks several, step by step.
    """
    if len(changes) > 1:
        await lock_rollups(work)
    before = await store.lock_targets(work, changes)
    ids = sorted(changes)
    found = await each_in_turn(lambda each: _changed(each, before.get(each), changes[each], context), ids)
    after = [target for target in found if isinstance(target, Target)]
    made = [_change_of(before[target.id], target, changes[target.id], context) for target in after]
    with work.touching(touched_by_targets(after)):
        await store.save_changes(work, after, made)
    await emit(work, await each_in_turn(lambda each: _event(*each, context), zip(after, made, strict=True)))
    await review_changed(work, context, [target.id for target in after])
    return dict(zip(ids, found, strict=True))


async def change_target(work: UnitOfWork, context: Context, target_id: UUID, change: Change) -> Target:
    """Change a single one. Raises what `change_targets` returns."""
    return accepted((await change_targets(work, context, {target_id: change}))[target_id])


async def set_baseline(work: UnitOfWork, context: Context, baseline: Baseline) -> SetBaseline:
    """Set the count of a day, and bring the targets that are measured from it up to date.

    Raises InvalidBaseline or NotKnownYet.
    """
    baselines.checked(baseline, context.today)
    known = await known_codes(work, "unit", [baseline.unit_code])
    if not known:
        raise NotKnownYet.of([Unknown("/path/code", "unit", baseline.unit_code)])
    baseline = replace(baseline, unit_code=known[baseline.unit_code])
    baselines.check_days(baseline, *await days_of(work, baseline.unit_code))
    await lock_rollups(work)
    is_new = await store.set_baseline(work, baseline)
    await review(work, context, sorted(await recount(work, await store.measured_from(work, baseline))))
    return SetBaseline(baseline, is_new)


def _changed(target_id: UUID, before: Target | None, change: Change, context: Context) -> Target | DomainError:
    if before is None:
        return NoSuchTarget(f"no target has the id {target_id}")
    try:
        return changed(before, change, context.today)
    except DomainError as refusal:
        return refusal


def _change_of(before: Target, target: Target, change: Change, context: Context) -> TargetChange:
    is_revision = isinstance(change, Revision)
    return TargetChange(
        version=target.version,
        value_before=before.value if is_revision else None,
        value=target.value if is_revision else None,
        holds_from=change.holds_from if isinstance(change, Revision) else None,
        reason=change.reason,
        organisation_code=context.organisation(),
        subject=context.actor.subject if context.actor else "",
        changed_at=context.at,
    )


def _event(target: Target, made: TargetChange, context: Context) -> TargetRevised | TargetWithdrawn:
    if made.value_before is None or made.holds_from is None:
        return target_withdrawn(target, context.today, context)
    return target_revised(target, made.value_before, made.holds_from, context)


def _set(
    target: Target, new: Collection[UUID], standing: Mapping[tuple[object, ...], Target]
) -> SetTarget | DomainError:
    found = standing[identity_of(target)]
    return differs(target, found) or SetTarget(found, target.id in new)
