"""Follow the registry. Versions decide, so events may come twice, late and children first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

from services.context import Context
from services.contracts.registry import CollectorFacts, OrganisationFacts, UnitFacts
from services.persistence.unit_of_work import UnitOfWork
from services.vocabulary import UnitLevel
from targets_api.attainment import affected
from targets_api.attainment.recount import prepare, save_prepared
from targets_api.attainment.store import lock_counting, lock_rollups
from targets_api.domain.placing import place_of
from targets_api.hierarchy import store
from targets_api.hierarchy.queries import organisations_of, placed_units
from targets_api.hierarchy.trees import ORGANISATIONS, UNITS, Node, Tree
from targets_api.ledger.rollups import fold
from targets_api.review.usecases import review, review_changed


@dataclass(frozen=True, slots=True)
class _Registered:
    """Which nodes are new or have changed, and which places changed with them."""

    changed: frozenset[str] = frozenset()
    relinked: store.Relinked = field(default_factory=store.Relinked)


@dataclass(frozen=True, slots=True)
class _PlacedUnit:
    """A unit, below the one that it is told below."""

    code: str
    name: str
    level: UnitLevel
    parent_code: str | None
    version: int
    valid_from: date | None
    valid_to: date | None
    apart_until: date | None


F = TypeVar("F", bound=UnitFacts | OrganisationFacts | CollectorFacts)


async def register_units(work: UnitOfWork, context: Context, units: Sequence[UnitFacts]) -> None:
    """Save the units; targets of units that gained or lost sign-ups by it are counted anew, and alerts follow their
    units. A unit that ended in favour of a single one moves below that.

    Stocks are counted anew wherever something below has moved: the parts that have baselines may be others."""
    newest = _newest(units)
    registered = await _register(work, UNITS, [_placed(unit) for unit in newest])
    successors = {u.code: u.successors or () for u in newest if u.code in registered.changed}
    above = registered.relinked.above | await _save_successors(work, successors)

    async def of_regrouped(codes: Collection[str]) -> list[UUID]:
        return await affected.targets_of_regrouped(work, codes, above)

    await _recount(work, context, UNITS, registered.relinked, of_regrouped)
    named_anew = registered.relinked.below | registered.changed
    await review_changed(work, context, await affected.lagging_targets_of_units(work, named_anew))


async def _save_successors(work: UnitOfWork, successors: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Save them; all units at or above the successors, whose people came from the units before them."""
    if successors:
        await store.save_successors(work, successors)
    placed = await placed_units(work, {code for after in successors.values() for code in after})
    return frozenset(code for unit in placed.values() for code in unit.path)


async def register_organisations(
    work: UnitOfWork, context: Context, organisations: Sequence[OrganisationFacts]
) -> None:
    """Save the organisations; targets of organisations that gained or lost sign-ups by it are counted anew, and alerts
    follow their organisations."""
    registered = await _register(work, ORGANISATIONS, _newest(organisations))

    async def of_regrouped(codes: Collection[str]) -> list[UUID]:
        return await affected.targets_of_organisations(work, codes)

    await _recount(work, context, ORGANISATIONS, registered.relinked, of_regrouped)
    await review_changed(work, context, await affected.lagging_targets_owned_by(work, registered.relinked.below))


async def register_collectors(work: UnitOfWork, context: Context, collectors: Sequence[CollectorFacts]) -> None:
    """Save the collectors; alerts follow those who moved. What they have collected is counted by the organisation that
    each sign-up names."""
    newest = _newest(collectors)
    await lock_rollups(work)
    employers = await organisations_of(work, [each.code for each in newest])
    moved = {each.code for each in newest if employers.get(each.code, each.organisation_code) != each.organisation_code}
    if moved:
        await lock_counting(work)
    changed = await store.upsert_collectors(work, newest)
    await review_changed(work, context, await affected.lagging_targets_of_collectors(work, moved & changed))


async def _register(work: UnitOfWork, tree: Tree, newest: Sequence[Node]) -> _Registered:
    await lock_rollups(work)
    known = await store.known_nodes(work, tree, [node.code for node in newest])
    changed = [node for node in newest if node.code not in known or known[node.code].version < node.version]
    if not changed:
        return _Registered()
    await store.upsert_nodes(work, tree, changed)
    moved = [n.code for n in changed if n.code not in known or known[n.code].place != tree.place_of(n)]
    relinked = await store.relink(work, tree, moved) if moved else store.Relinked()
    return _Registered(frozenset(node.code for node in changed), relinked)


async def _recount(
    work: UnitOfWork,
    context: Context,
    tree: Tree,
    relinked: store.Relinked,
    of_regrouped: Callable[[Collection[str]], Awaitable[list[UUID]]],
) -> None:
    """Count anew, and review, the targets of those that gained or lost nodes with tallies; counting waits from then on.

    What is counted first while that is prepared is rare, and prepared when counting waits.
    """
    await fold(work)
    counted = await store.nodes_with_tallies(work, tree, relinked.below)
    prepared = await prepare(work, await of_regrouped(relinked.regrouped_by(counted)))
    await lock_counting(work)
    late = await store.nodes_with_deltas(work, tree, relinked.below - counted)
    also = set(await of_regrouped(relinked.regrouped_by(late))) if late else set()
    changed = await save_prepared(work, prepared)
    changed |= await save_prepared(work, await prepare(work, sorted(also.difference(prepared.ids))))
    await review(work, context, sorted(changed))


def _placed(unit: UnitFacts) -> _PlacedUnit:
    place = place_of(unit.parent_code, unit.successors or ())
    apart_until = unit.valid_to if len(unit.successors or ()) == 1 else None
    days = (unit.valid_from, unit.valid_to, apart_until)
    return _PlacedUnit(unit.code, unit.name, unit.level, place, unit.version, *days)


def _newest(facts: Sequence[F]) -> list[F]:
    """The highest version of each node, by code."""
    newest = {node.code: node for node in sorted(facts, key=lambda node: node.version)}
    return [newest[code] for code in sorted(newest)]
