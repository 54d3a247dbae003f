"""Set targets and the baselines they are measured from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.context import Context
from services.contracts.targets import Scope as ScopeFacts
from services.contracts.targets import TargetFacts, TargetSet
from services.errors import FieldError, NotFound
from services.ids import new_id
from services.messaging.outbox import emit
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from targets_api.attainment import locks
from targets_api.attainment.recount import recount
from targets_api.attainment.versions import bump_version
from targets_api.domain import baseline as baselines
from targets_api.domain.baseline import Baseline
from targets_api.domain.target import STOCK_MEASURES, InvalidTarget, NoSuchTarget, Scope, Target, TargetDiffers, checked
from targets_api.hierarchy.queries import known_codes
from targets_api.review.usecases import review
from targets_api.targets import store

_SCOPE_FIELDS: Final = {"unit_code": "units", "organisation_code": "organisations", "collector_code": "collectors"}


class NoSuchUnit(NotFound):
    """Enrolment has not told of such a unit."""

    code = "no-such-unit"
    title = "There is no such unit"


@dataclass(frozen=True, slots=True)
class SetTarget:
    """A target that stands, and whether it was set just now."""

    target: Target
    is_new: bool


async def set_targets(work: UnitOfWork, targets: Sequence[Target], context: Context) -> list[SetTarget]:
    """Set the targets, count what has been achieved already, and review them.

    A promise that is there already with the same value is answered as it stands. Raises InvalidTarget, and
    TargetDiffers where it is there with another value; then none is set.
    """
    for target in targets:
        checked(target)
    await locks.nobody_counting(work)
    await _check_scopes(work, targets)
    await _check_baselines(work, targets)
    new = await store.insert(work, targets)
    standing = _matched(targets, await store.same_promises(work, targets))
    await recount(work, sorted(new))
    await emit(work, [_told(target, context) for target in targets if target.id in new])
    await review(work, sorted(new), context)
    await bump_version(work)
    return [SetTarget(target, target.id in new) for target in standing]


async def set_baseline(work: UnitOfWork, baseline: Baseline, context: Context) -> bool:
    """Set the count of a day, and bring the targets that are measured from it up to date; True where it is new.

    Raises InvalidBaseline or NoSuchUnit.
    """
    baselines.checked(baseline, context.today)
    await locks.nobody_counting(work)
    if not await known_codes(work, "units", [baseline.unit_code]):
        raise NoSuchUnit(f"no unit {baseline.unit_code} is known here: register it at the enrolment service first")
    is_new = await store.set_baseline(work, baseline)
    target_ids = await store.measured_from(work, baseline)
    await recount(work, target_ids)
    await review(work, target_ids, context)
    await bump_version(work)
    return is_new


async def read_target(database: Database, target_id: UUID) -> Target:
    """The target of that id. Raises NoSuchTarget."""
    async with database.read() as session:
        target = await store.one(session, target_id)
    if target is None:
        raise NoSuchTarget(f"no target has the id {target_id}")
    return target


async def list_targets(
    database: Database, filters: Mapping[str, str], after: UUID | None, limit: int
) -> tuple[list[Target], UUID | None]:
    """A page of the targets that match, the latest first, and the id to go on after, if there are more."""
    async with database.read() as session:
        found = await store.page(session, filters, after, limit + 1)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def _check_scopes(session: ReadSession, targets: Sequence[Target]) -> None:
    for field, table in _SCOPE_FIELDS.items():
        codes = {code for target in targets if (code := getattr(target.scope, field))}
        unknown = codes - await known_codes(session, table, codes)
        if unknown:
            detail = f"not known here: {', '.join(sorted(unknown))}; register it at the enrolment service first"
            raise InvalidTarget(detail, (FieldError(f"/scope/{field}", detail),))


async def _check_baselines(session: ReadSession, targets: Sequence[Target]) -> None:
    measured = [target for target in targets if target.measure in STOCK_MEASURES]
    missing = await store.without_baseline(session, measured) if measured else set()
    for unit_code, scheme, ends_on in sorted(missing):
        detail = (
            f"no baseline of {scheme} on or before {ends_on}: count who is covered, PUT /v1/units/{unit_code}/baselines"
        )
        raise InvalidTarget(detail, (FieldError("/scope/unit_code", detail),))


def _matched(targets: Sequence[Target], standing: Sequence[Target]) -> list[Target]:
    by_promise = {_promise(target): target for target in standing}
    matched = [by_promise[_promise(target)] for target in targets]
    for asked, found in zip(targets, matched, strict=True):
        if asked.value != found.value:
            detail = f"target {found.id} promises {found.value:g} for the same scope, measure, period and name"
            raise TargetDiffers(
                detail, (FieldError("/value", f"set already, to {found.value:g}: give it a name of its own"),)
            )
    return matched


def _promise(target: Target) -> tuple[object, ...]:
    return target.scope, target.scheme, target.measure, target.starts_on, target.ends_on, target.name


def _told(target: Target, context: Context) -> TargetSet:
    return TargetSet(
        id=new_id(),
        subject=str(target.id),
        time=context.now,
        correlationid=context.correlation_id,
        data=TargetFacts(
            target_id=target.id,
            name=target.name,
            scope=_scope_facts(target.scope),
            scheme=target.scheme,
            measure=target.measure,
            value=target.value,
            starts_on=target.starts_on,
            ends_on=target.ends_on,
        ),
    )


def _scope_facts(scope: Scope) -> ScopeFacts:
    return ScopeFacts(
        unit_code=scope.unit_code, organisation_code=scope.organisation_code, collector_code=scope.collector_code
    )
