"""Follow the registry. Versions decide, so events may come twice, late and children first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from services.context import Context
from services.contracts.registry import CollectorFacts, OrganisationFacts, UnitFacts
from services.persistence.unit_of_work import UnitOfWork
from targets_api.attainment import locks, recount
from targets_api.attainment.versions import bump_version
from targets_api.hierarchy import store
from targets_api.hierarchy.store import ORGANISATIONS, UNITS, Node, Tree
from targets_api.review.usecases import review

_Told = TypeVar("_Told", bound=UnitFacts | OrganisationFacts | CollectorFacts)


async def register_units(work: UnitOfWork, units: Sequence[UnitFacts], context: Context) -> None:
    """Note the units; targets of whatever lies above what is new or has moved are counted anew."""
    if above := await _register(work, UNITS, _newest(units)):
        await _recount(work, await recount.targets_of_units(work, above), context)
    await bump_version(work)


async def register_organisations(
    work: UnitOfWork, organisations: Sequence[OrganisationFacts], context: Context
) -> None:
    """Note the organisations; targets of whatever lies above what is new or has moved are counted anew."""
    if above := await _register(work, ORGANISATIONS, _newest(organisations)):
        await _recount(work, await recount.targets_of_organisations(work, above), context)
    await bump_version(work)


async def register_collectors(work: UnitOfWork, collectors: Sequence[CollectorFacts]) -> None:
    """Note the collectors. What they have collected is counted by the organisation that each sign-up names."""
    await store.upsert_collectors(work, _newest(collectors))
    await bump_version(work)


async def _register(work: UnitOfWork, tree: Tree, newest: Sequence[Node]) -> set[str]:
    """Everything that is or was above what is new or has moved."""
    await locks.nobody_counting(work)
    known = await store.known_nodes(work, tree, [node.code for node in newest])
    news = [node for node in newest if node.code not in known or known[node.code][0] < node.version]
    if not news:
        return set()
    await store.upsert_nodes(work, tree, news)
    moved = [node.code for node in news if node.code not in known or known[node.code][1] != node.parent_code]
    return await store.relink(work, tree, moved) if moved else set()


async def _recount(work: UnitOfWork, target_ids: Sequence[recount.TargetId], context: Context) -> None:
    await recount.recount(work, target_ids)
    await review(work, target_ids, context)


def _newest(told: Sequence[_Told]) -> list[_Told]:
    """The highest version of each node, by code."""
    newest = {node.code: node for node in sorted(told, key=lambda node: node.version)}
    return [newest[code] for code in sorted(newest)]
