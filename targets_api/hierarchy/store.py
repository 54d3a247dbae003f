"""Statements on the registry and its closures. Both trees, units and organisations, have the same ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

from sqlalchemy import TextClause, text

from services.persistence.unit_of_work import ReadSession, UnitOfWork

_DEEPEST = 16
"""Deeper than any real tree: stops at a ring of parents, which late versions may form for a while."""


class Node(Protocol):
    """What units and organisations have in common."""

    @property
    def code(self) -> str: ...
    @property
    def parent_code(self) -> str | None: ...
    @property
    def version(self) -> int: ...


@dataclass(frozen=True)
class Tree:
    """A table of nodes and its closure table, with the closure's name for a node."""

    nodes: str
    closure: str
    node: str
    columns: tuple[str, ...]

    @cached_property
    def known(self) -> TextClause:
        """Version and parent of each node that is there."""
        return text(f"SELECT code, version, parent_code FROM {self.nodes} WHERE code = ANY(:codes)")  # noqa: S608 - our own names

    @cached_property
    def upsert(self) -> TextClause:
        """Nodes as they are told."""
        types = {"version": "bigint"}
        arrays = ", ".join(f"CAST(:{name} AS {types.get(name, 'text')}[])" for name in self.columns)
        changes = ", ".join(f"{name} = excluded.{name}" for name in self.columns if name != "code")
        return text(
            f"INSERT INTO {self.nodes} ({', '.join(self.columns)}) SELECT * FROM unnest({arrays})"  # noqa: S608 - our own names
            f" ON CONFLICT (code) DO UPDATE SET {changes} WHERE {self.nodes}.version < excluded.version"
        )

    @cached_property
    def subtree(self) -> TextClause:
        """Every node at or below the given ones, by the parents they name."""
        return text(
            f"WITH RECURSIVE below(code, depth) AS (SELECT unnest(CAST(:codes AS text[])), 0"  # noqa: S608 - our own names
            f" UNION SELECT child.code, below.depth + 1 FROM below"
            f" JOIN {self.nodes} child ON child.parent_code = below.code WHERE below.depth < {_DEEPEST})"
            f" SELECT DISTINCT code FROM below"
        )

    @cached_property
    def unlink(self) -> TextClause:
        """Forget who is above the given nodes; tells who was."""
        return text(
            f"WITH gone AS (DELETE FROM {self.closure} WHERE {self.node} = ANY(:codes) RETURNING ancestor_code)"  # noqa: S608 - our own names
            f" SELECT DISTINCT ancestor_code FROM gone"
        )

    @cached_property
    def link(self) -> TextClause:
        """Note who is above the given nodes, a parent that nobody has told of yet included; tells who is."""
        return text(
            f"WITH RECURSIVE up(code, ancestor, depth) AS ("  # noqa: S608 - our own names
            f" SELECT code, code, 0 FROM {self.nodes} WHERE code = ANY(:codes)"
            f" UNION ALL SELECT up.code, node.parent_code, up.depth + 1 FROM up"
            f" JOIN {self.nodes} node ON node.code = up.ancestor"
            f" WHERE node.parent_code IS NOT NULL AND up.depth < {_DEEPEST}"
            f"), linked AS (INSERT INTO {self.closure} ({self.node}, ancestor_code, depth)"
            f" SELECT code, ancestor, min(depth) FROM up GROUP BY code, ancestor RETURNING ancestor_code)"
            f" SELECT DISTINCT ancestor_code FROM linked"
        )


UNITS: Final = Tree("units", "unit_ancestors", "unit_code", ("code", "name", "level", "parent_code", "version"))
ORGANISATIONS: Final = Tree(
    "organisations", "organisation_ancestors", "organisation_code", ("code", "name", "parent_code", "version")
)

_UPSERT_COLLECTORS = text(
    "INSERT INTO collectors (code, organisation_code, version) SELECT * FROM unnest("
    "CAST(:code AS text[]), CAST(:organisation_code AS text[]), CAST(:version AS bigint[]))"
    " ON CONFLICT (code) DO UPDATE SET organisation_code = excluded.organisation_code, version = excluded.version"
    " WHERE collectors.version < excluded.version"
)


async def known_nodes(session: ReadSession, tree: Tree, codes: Collection[str]) -> dict[str, tuple[int, str | None]]:
    """Version and parent of those of the codes that are there."""
    rows = await session.execute(tree.known, {"codes": list(codes)})
    return {row.code: (row.version, row.parent_code) for row in rows}


async def upsert_nodes(work: UnitOfWork, tree: Tree, nodes: Sequence[Node]) -> None:
    """Insert or change the nodes; none twice, since a higher version wins only over what is there."""
    await work.execute(tree.upsert, {name: [getattr(node, name) for node in nodes] for name in tree.columns})


async def relink(work: UnitOfWork, tree: Tree, codes: Collection[str]) -> set[str]:
    """Bring the closure of everything at or below the codes up to date; tells all that are or were above it."""
    subtree = list(await work.scalars(tree.subtree, {"codes": list(codes)}))
    before = await work.scalars(tree.unlink, {"codes": subtree})
    after = await work.scalars(tree.link, {"codes": subtree})
    return {*before, *after}


async def upsert_collectors(work: UnitOfWork, collectors: Sequence[Any]) -> None:
    """Insert or change collectors, none twice."""
    columns = ("code", "organisation_code", "version")
    await work.execute(_UPSERT_COLLECTORS, {name: [getattr(c, name) for c in collectors] for name in columns})
