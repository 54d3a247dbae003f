"""Check the targets that others are set as shares of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from services.errors import FieldError
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Scope
from services.waiting import each_in_turn
from targets_api.domain.shares import Above, errors_of_share
from targets_api.domain.target import InvalidTarget, Target
from targets_api.hierarchy.queries import owners_of, placed_units


def parents_of(targets: Iterable[Target]) -> set[UUID]:
    """The ids of the targets that these are shares of."""
    return {target.parent_id for target in targets if target.parent_id}


async def errors_of_parents(
    session: ReadSession, targets: Sequence[Target], parents: Mapping[UUID, Target]
) -> dict[UUID, InvalidTarget]:
    """Why targets cannot be shares of those that they name, by id. Scopes are as registered."""
    shares = [(target, target.parent_id) for target in targets if target.parent_id]
    above = await _above(session, {share.scope for share, _ in shares}) if shares else {}
    found = await each_in_turn(lambda each: _refusal(each[0], parents.get(each[1]), above[each[0].scope]), shares)
    return {share.id: refusal for (share, _), refusal in zip(shares, found, strict=True) if refusal}


def _refusal(share: Target, parent: Target | None, above: Above) -> InvalidTarget | None:
    errors = tuple(_errors(share, parent, above))
    return InvalidTarget("; ".join(error.detail for error in errors), errors) if errors else None


def _errors(share: Target, parent: Target | None, above: Above) -> Iterator[FieldError]:
    if parent is None:
        return iter([FieldError("/parent_id", f"no target has the id {share.parent_id}")])
    return errors_of_share(share, parent, above)


async def _above(session: ReadSession, scopes: Collection[Scope]) -> Mapping[Scope, Above]:
    units = await placed_units(session, {scope.unit_code for scope in scopes if scope.unit_code})
    owners = await owners_of(session, scopes)
    paths = {code: frozenset(unit.path) for code, unit in units.items()}
    nowhere: frozenset[str] = frozenset()
    return {scope: Above(paths.get(scope.unit_code or "", nowhere), frozenset(owners[scope])) for scope in scopes}
