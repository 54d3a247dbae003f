"""Follow the registry. Versions decide, so events may come twice, late and children first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from services.contracts.events import CollectorFacts, OrganisationFacts, UnitFacts
from services.database import WriteSession
from targets_api import locks
from targets_api.changes import note_change
from targets_api.occasion import Occasion
from targets_api.registry import store
from targets_api.registry.store import ORGANISATIONS, UNITS, Node, Tree
from targets_api.review.usecases import review
from targets_api.targets import recount

_Told = TypeVar("_Told", bound=UnitFacts | OrganisationFacts | CollectorFacts)


async def register_units(session: WriteSession, units: Sequence[UnitFacts], occasion: Occasion) -> None:
    """Note the units; targets of whatever lies above what is new or has moved are counted anew."""
    if above := await _register(session, UNITS, _newest(units)):
        await _recount(session, await recount.targets_of_units(session, above), occasion)
    await note_change(session)


async def register_organisations(
    session: WriteSession, organisations: Sequence[OrganisationFacts], occasion: Occasion
) -> None:
    """Note the organisations; targets of whatever lies above what is new or has moved are counted anew."""
    if above := await _register(session, ORGANISATIONS, _newest(organisations)):
        await _recount(session, await recount.targets_of_organisations(session, above), occasion)
    await note_change(session)


async def register_collectors(session: WriteSession, collectors: Sequence[CollectorFacts]) -> None:
    """Note the collectors. What they have collected is counted by the organisation that each sign-up names."""
    await store.upsert_collectors(session, _newest(collectors))
    await note_change(session)


async def _register(session: WriteSession, tree: Tree, newest: Sequence[Node]) -> set[str]:
    """Everything that is or was above what is new or has moved."""
    await locks.nobody_counting(session)
    known = await store.known_nodes(session, tree, [node.code for node in newest])
    news = [node for node in newest if node.code not in known or known[node.code][0] < node.version]
    if not news:
        return set()
    await store.upsert_nodes(session, tree, news)
    moved = [node.code for node in news if node.code not in known or known[node.code][1] != node.parent_code]
    return await store.relink(session, tree, moved) if moved else set()


async def _recount(session: WriteSession, target_ids: Sequence[recount.TargetId], occasion: Occasion) -> None:
    await recount.recount(session, target_ids)
    await review(session, target_ids, occasion)


def _newest(told: Sequence[_Told]) -> list[_Told]:
    """The highest version of each node, by code."""
    newest = {node.code: node for node in sorted(told, key=lambda node: node.version)}
    return [newest[code] for code in sorted(newest)]
