"""Set targets and the baselines they are measured from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from services.context import Context
from services.errors import FieldError, NotKnownYet, Unknown
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork
from targets_api.attainment.recount import recount
from targets_api.attainment.store import lock_counting
from targets_api.domain import baseline as baselines
from targets_api.domain.baseline import Baseline
from targets_api.domain.revision import Revision, Withdrawal, revised, withdrawn
from targets_api.domain.target import (
    STOCK_MEASURES,
    InvalidTarget,
    NoSuchTarget,
    Target,
    TargetDiffers,
    checked,
)
from targets_api.hierarchy.queries import days_of, known_codes
from targets_api.review.usecases import review
from targets_api.tables.targets import TargetChangeRow
from targets_api.targets import store
from targets_api.targets.events import target_revised, target_set, target_withdrawn
from targets_api.targets.parents import check_parents
from targets_api.targets.scopes import registered_scopes

_ANOTHER_PART: Final = "set already, and no share of that target: withdraw it, or give this one a name of its own"


@dataclass(frozen=True, slots=True)
class SetTarget:
    """A target as it is stored, and whether it was set just now."""

    target: Target
    is_new: bool


@dataclass(frozen=True, slots=True)
class SetBaseline:
    """A baseline as it is stored, and whether there was none of that day."""

    baseline: Baseline
    is_new: bool


async def set_targets(work: UnitOfWork, context: Context, targets: Sequence[Target]) -> list[SetTarget]:
    """Set the targets, count what has been achieved already, and review them.

    A target that is set already with the same value is returned as it is stored. Raises InvalidTarget, NotKnownYet, and
    TargetDiffers where it is set with another value; then none is set.
    """
    for target in targets:
        checked(target)
    scopes = await registered_scopes(work, [target.scope for target in targets])
    targets = [replace(target, scope=scope) for target, scope in zip(targets, scopes, strict=True)]
    await lock_counting(work)
    await _check_baselines(work, targets)
    await check_parents(work, targets)
    new = await store.insert_targets(work, [replace(target, set_on=context.today) for target in targets], context)
    standing = _matched(targets, await store.same_targets(work, targets))
    await emit(work, [target_set(target, context) for target in targets if target.id in new])
    await _recount(work, context, sorted(new))
    return [SetTarget(target, target.id in new) for target in standing]


async def revise_target(work: UnitOfWork, context: Context, target_id: UUID, revision: Revision) -> Target:
    """Change the value of a target, and review it.

    Raises NoSuchTarget, TargetIsWithdrawn, StaleVersion, TargetIsOver, InvalidTarget.
    """
    before = await _locked(work, target_id)
    target = revised(before, revision, context.today)
    values = {"value_before": before.value, "value": target.value, "holds_from": revision.holds_from}
    await store.save_change(work, target, _change(target, context, revision.reason, **values))
    await emit(work, [target_revised(target, before.value, revision.holds_from, context)])
    await review(work, context, [target.id])
    return target


async def withdraw_target(work: UnitOfWork, context: Context, target_id: UUID, withdrawal: Withdrawal) -> Target:
    """Take the target back from today on; its alert is resolved.

    Raises NoSuchTarget, TargetIsWithdrawn, StaleVersion.
    """
    target = withdrawn(await _locked(work, target_id), withdrawal, context.today)
    await store.save_change(work, target, _change(target, context, withdrawal.reason))
    await emit(work, [target_withdrawn(target, context.today, context)])
    await review(work, context, [target.id])
    return target


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
    await lock_counting(work)
    is_new = await store.set_baseline(work, baseline)
    await _recount(work, context, await store.measured_from(work, baseline))
    return SetBaseline(baseline, is_new)


async def _locked(work: UnitOfWork, target_id: UUID) -> Target:
    target = await store.lock_target(work, target_id)
    if target is None:
        raise NoSuchTarget(f"no target has the id {target_id}")
    return target


def _change(target: Target, context: Context, reason: str, **values: Any) -> TargetChangeRow:
    return TargetChangeRow(
        target_id=target.id,
        version=target.version,
        reason=reason,
        organisation_code=context.organisation(),
        subject=context.actor.subject if context.actor else "",
        changed_at=context.at,
        **values,
    )


async def _recount(work: UnitOfWork, context: Context, target_ids: Sequence[UUID]) -> None:
    await recount(work, target_ids)
    await review(work, context, target_ids)


async def _check_baselines(work: UnitOfWork, targets: Sequence[Target]) -> None:
    measured = [target for target in targets if target.measure in STOCK_MEASURES]
    missing = await store.without_baseline(work, measured) if measured else []
    for unit_code, scheme, ends_on in sorted(missing):
        detail = (
            f"no baseline of {scheme} on or before {ends_on}: count who is covered, PUT /v1/units/{unit_code}/baselines"
        )
        raise InvalidTarget(detail, (FieldError("/scope/unit_code", detail),))


def _matched(targets: Sequence[Target], standing: Sequence[Target]) -> list[Target]:
    by_identity = {_identity(target): target for target in standing}
    matched = [by_identity[_identity(target)] for target in targets]
    for asked, found in zip(targets, matched, strict=True):
        if asked.value != found.value:
            detail = f"target {found.id} has the value {found.value:g} for the same scope, measure, period and name"
            remedy = f"set already, to {found.value:g}: give it a name of its own"
            raise TargetDiffers(detail, (FieldError("/value", remedy),))
        if asked.parent_id not in (None, found.parent_id):
            raise TargetDiffers(f"target {found.id} stands for the same", (FieldError("/parent_id", _ANOTHER_PART),))
    return matched


def _identity(target: Target) -> tuple[object, ...]:
    return target.scope, target.scheme, target.measure, target.starts_on, target.ends_on, target.name
