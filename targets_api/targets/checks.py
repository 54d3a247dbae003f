"""What is checked of targets before they are set: each by itself, so that a wrong one does not affect the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.errors import DomainError, FieldError
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Scope
from services.waiting import each_in_turn
from targets_api.domain.target import STOCK_MEASURES, InvalidTarget, Target, refusal_of
from targets_api.targets import store
from targets_api.targets.parents import errors_of_parents
from targets_api.targets.scopes import registered_scopes


async def as_registered(session: ReadSession, targets: Sequence[Target]) -> list[Target | DomainError]:
    """Each of the targets with the codes of its scope as they are registered, or why it cannot be set: InvalidTarget,
    NotKnownYet."""
    scopes = await registered_scopes(session, [target.scope for target in targets])
    return await each_in_turn(_of_scope, zip(targets, scopes, strict=True))


def _of_scope(found: tuple[Target, Scope | DomainError]) -> Target | DomainError:
    target, scope = found
    if refusal := refusal_of(target):
        return refusal
    if isinstance(scope, DomainError):
        return scope
    return target if scope == target.scope else replace(target, scope=scope)


async def errors_of_new(
    session: ReadSession, targets: Sequence[Target], parents: Mapping[UUID, Target]
) -> dict[UUID, InvalidTarget]:
    """Why those of the targets cannot be set that have no baseline, or cannot be shares of their parents; by id."""
    of_parents = await errors_of_parents(session, targets, parents)
    return of_parents | await _errors_of_baselines(session, targets)


async def _errors_of_baselines(session: ReadSession, targets: Sequence[Target]) -> dict[UUID, InvalidTarget]:
    measured = [target for target in targets if target.measure in STOCK_MEASURES]
    missing = {tuple(each) for each in await store.without_baseline(session, measured)} if measured else set()
    return {t.id: _without_baseline(t) for t in measured if (t.scope.unit_code, t.scheme, t.ends_on) in missing}


def _without_baseline(target: Target) -> InvalidTarget:
    detail = (
        f"no baseline of {target.scheme} on or before {target.ends_on}: count who is covered, "
        f"PUT /v1/units/{target.scope.unit_code}/baselines"
    )
    return InvalidTarget(detail, (FieldError("/scope/unit_code", detail),))
