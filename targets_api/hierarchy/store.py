"""Statements that change the hierarchy; each takes many."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final, Protocol

from sqlalchemy import case, exists, update

from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import insert_many, table_of
from targets_api.hierarchy.trees import AMONG_CODES, KnownNode, Node, Tree
from targets_api.tables.hierarchy import CollectorRow, UnitRow, UnitSuccessorRow


class Collector(Protocol):
    """A collector as its highest version says."""

    @property
    def code(self) -> str: ...
    @property
    def organisation_code(self) -> str: ...
    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Relinked:
    """All that are or were above the nodes whose place has changed, and those nodes: at or below what was moved.

    `regrouped` has those of the former that gained or lost nodes, or have them at another depth, with these nodes.
    """

    above: frozenset[str] = frozenset()
    below: frozenset[str] = frozenset()
    regrouped: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def regrouped_by(self, nodes: Set[str]) -> list[str]:
        """Those that gained or lost one of the nodes."""
        return [code for code, moved in self.regrouped.items() if not moved.isdisjoint(nodes)]


_COLLECTOR_COLUMNS: Final = ("code", "organisation_code", "version")
_add = insert_many(CollectorRow, *_COLLECTOR_COLUMNS)
UPSERT_COLLECTORS: Final = _add.on_conflict_do_update(
    index_elements=["code"],
    set_={"organisation_code": _add.excluded["organisation_code"], "version": _add.excluded["version"]},
    where=table_of(CollectorRow).c.version < _add.excluded["version"],
).returning(table_of(CollectorRow).c.code)


ADD_SUCCESSORS: Final = insert_many(UnitSuccessorRow).on_conflict_do_nothing()
_u, _s, _ended = table_of(UnitRow), table_of(UnitSuccessorRow), table_of(UnitRow).alias("ended")
_began_in_place = (
    exists()
    .select_from(_s.join(_ended, _ended.c.code == _s.c.unit_code))
    .where(_s.c.successor_code == _u.c.code, _ended.c.valid_to + 1 == _u.c.valid_from)
    .correlate(_u)
)
NOTE_NOBODY: Final = (
    update(_u).where(_u.c.code == AMONG_CODES).values(nobody_on=case((_began_in_place, _u.c.valid_from - 1)))
)


async def known_nodes(work: UnitOfWork, tree: Tree, codes: Collection[str]) -> dict[str, KnownNode]:
    """Those of the codes that are there."""
    return {node.code: node for node in await work.all(tree.known, {"codes": list(codes)})}


async def upsert_nodes(work: UnitOfWork, tree: Tree, nodes: Sequence[Node]) -> None:
    """Insert or change the nodes; none twice, since a higher version wins only over what is there."""
    await work.execute(tree.upsert, {name: [getattr(node, name) for node in nodes] for name in tree.columns})


async def relink(work: UnitOfWork, tree: Tree, codes: Collection[str]) -> Relinked:
    """Bring the closure of everything at or below the codes up to date. What stays above a node is not touched: the
    triggers that move rolled-up tallies follow what is deleted and inserted."""
    below = list(await work.scalars(tree.subtree, {"codes": list(codes)}))
    lost = await work.all(tree.unlink, {"codes": below})
    gained = await work.all(tree.link, {"codes": below})
    above = await work.scalars(tree.above, {"codes": below})
    regrouped: dict[str, frozenset[str]] = {}
    for each in (*lost, *gained):
        regrouped[each.code] = regrouped.get(each.code, frozenset()) | frozenset(each.nodes)
    return Relinked(frozenset({*above, *regrouped}), frozenset(below), regrouped)


async def nodes_with_tallies(work: UnitOfWork, tree: Tree, codes: Collection[str]) -> frozenset[str]:
    """Those of the nodes that anything was counted for."""
    return frozenset(await work.scalars(tree.with_tallies, {"codes": list(codes)})) if codes else frozenset()


async def nodes_with_deltas(work: UnitOfWork, tree: Tree, codes: Collection[str]) -> frozenset[str]:
    """Those of the nodes that anything was counted for since it was last folded."""
    return frozenset(await work.scalars(tree.with_deltas, {"codes": list(codes)})) if codes else frozenset()


async def save_successors(work: UnitOfWork, successors: Mapping[str, Sequence[str]]) -> None:
    """These units ended in favour of these, which never changes; and which units had nobody before they began."""
    pairs = [(code, successor) for code, after in successors.items() for successor in after]
    if pairs:
        units, in_place = zip(*pairs, strict=True)
        await work.execute(ADD_SUCCESSORS, {"unit_code": list(units), "successor_code": list(in_place)})
    await work.execute(NOTE_NOBODY, {"codes": [*successors, *(successor for _, successor in pairs)]})


async def upsert_collectors(work: UnitOfWork, collectors: Sequence[Collector]) -> set[str]:
    """Insert or change collectors, none twice; the codes of those that are new or have changed."""
    values = {name: [getattr(c, name) for c in collectors] for name in _COLLECTOR_COLUMNS}
    return set(await work.scalars(UPSERT_COLLECTORS, values))
