"""Check the targets that others are set as shares of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from services.errors import FieldError
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.vocabulary import Scope
from targets_api.domain.shares import Above, errors_of_share
from targets_api.domain.target import InvalidTarget, Target
from targets_api.hierarchy.queries import owners_of, placed_units
from targets_api.targets import store


async def check_parents(work: UnitOfWork, targets: Sequence[Target]) -> None:
    """Raises InvalidTarget where a target cannot be a share of the one that it names. Scopes are as registered."""
    shares = [target for target in targets if target.parent_id]
    if not shares:
        return
    parents = await store.lock_parents(work, {share.parent_id for share in shares if share.parent_id})
    above = await _above(work, {share.scope for share in shares})
    for share in shares:
        parent = share.parent_id and parents.get(share.parent_id)
        errors = tuple(errors_of_share(share, parent, above[share.scope]) if parent else _unknown(share))
        if errors:
            raise InvalidTarget("; ".join(error.detail for error in errors), errors)


def _unknown(share: Target) -> Iterator[FieldError]:
    yield FieldError("/parent_id", f"no target has the id {share.parent_id}")


async def _above(session: ReadSession, scopes: Collection[Scope]) -> Mapping[Scope, Above]:
    units = await placed_units(session, {scope.unit_code for scope in scopes if scope.unit_code})
    owners = await owners_of(session, scopes)
    paths = {code: frozenset(unit.path) for code, unit in units.items()}
    nowhere: frozenset[str] = frozenset()
    return {scope: Above(paths.get(scope.unit_code or "", nowhere), frozenset(owners[scope])) for scope in scopes}
