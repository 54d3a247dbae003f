"""Statements that change the hierarchy; each takes many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import insert_many, table_of
from targets_api.hierarchy.trees import KnownNode, Node, Tree
from targets_api.tables.hierarchy import CollectorRow


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
    """All that are or were above the nodes whose place has changed, and those nodes: at or below what was moved."""

    above: frozenset[str] = frozenset()
    below: frozenset[str] = frozenset()


_COLLECTOR_COLUMNS: Final = ("code", "organisation_code", "version")
_add = insert_many(CollectorRow, *_COLLECTOR_COLUMNS)
UPSERT_COLLECTORS: Final = _add.on_conflict_do_update(
    index_elements=["code"],
    set_={"organisation_code": _add.excluded["organisation_code"], "version": _add.excluded["version"]},
    where=table_of(CollectorRow).c.version < _add.excluded["version"],
).returning(table_of(CollectorRow).c.code)


async def known_nodes(work: UnitOfWork, tree: Tree, codes: Collection[str]) -> dict[str, KnownNode]:
    """Those of the codes that are there."""
    return {node.code: node for node in await work.all(tree.known, {"codes": list(codes)})}


async def upsert_nodes(work: UnitOfWork, tree: Tree, nodes: Sequence[Node]) -> None:
    """Insert or change the nodes; none twice, since a higher version wins only over what is there."""
    await work.execute(tree.upsert, {name: [getattr(node, name) for node in nodes] for name in tree.columns})


async def relink(work: UnitOfWork, tree: Tree, codes: Collection[str]) -> Relinked:
    """Bring the closure of everything at or below the codes up to date."""
    below = list(await work.scalars(tree.subtree, {"codes": list(codes)}))
    before = await work.scalars(tree.unlink, {"codes": below})
    after = await work.scalars(tree.link, {"codes": below})
    return Relinked(frozenset({*before, *after}), frozenset(below))


async def upsert_collectors(work: UnitOfWork, collectors: Sequence[Collector]) -> set[str]:
    """Insert or change collectors, none twice; the codes of those that are new or have changed."""
    values = {name: [getattr(c, name) for c in collectors] for name in _COLLECTOR_COLUMNS}
    return set(await work.scalars(UPSERT_COLLECTORS, values))
