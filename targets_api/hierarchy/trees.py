"""The two trees, units and organisations: the statements that both have, on their nodes and their closure.

The closure holds every node with itself and all above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import CTE, Date, Executable, Integer, Table, Text, cast, delete, func, literal, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel

from services.persistence.statements import Query
from services.persistence.unnest import among, insert_many, table_of, unnest
from targets_api.tables.hierarchy import OrganisationAncestorRow, OrganisationRow, UnitAncestorRow, UnitRow

DEEPEST: Final = 64
"""Deeper than any tree, of 16 organisations or 60 successions: stops at a cycle of parents, which late versions may
form for a while."""
AMONG_CODES: Final = among("codes", Text())


class Node(Protocol):
    """What units and organisations have in common."""

    @property
    def code(self) -> str: ...
    @property
    def parent_code(self) -> str | None: ...
    @property
    def version(self) -> int: ...


class KnownNode(NamedTuple):
    """The highest version of a node that has arrived, and what decides its place."""

    code: str
    version: int
    place: tuple[object, ...]


def _known(code: str, version: int, *place: object) -> KnownNode:
    return KnownNode(code, version, place)


@dataclass(frozen=True, eq=False)
class Tree:
    """A table of nodes and its closure."""

    row: type[SQLModel]
    closure_row: type[SQLModel]
    node: str
    """The closure's name for a node."""
    place: tuple[str, ...] = ("parent_code",)
    """The columns that decide where a node lies, and since when."""
    derived: frozenset[str] = frozenset()
    """The columns of a node that follow from other nodes."""
    apart: str | None = None
    """The column, of a node and of the closure, with the last day on which it was no part of its parent."""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Of a node."""
        return tuple(column.name for column in table_of(self.row).columns if column.name not in self.derived)

    def place_of(self, node: Node) -> tuple[object, ...]:
        """What decides the place of the node."""
        return tuple(getattr(node, name) for name in self.place)

    @cached_property
    def known(self) -> Query[KnownNode]:
        """Those of the nodes that are there."""
        nodes = table_of(self.row).c
        place = (nodes[name] for name in self.place)
        return Query(_known, select(nodes.code, nodes.version, *place).where(nodes.code == AMONG_CODES))

    @cached_property
    def upsert(self) -> Executable:
        """Insert nodes, or change them where their version is higher than what is there."""
        add, nodes = insert_many(self.row, *self.columns), table_of(self.row)
        changes = {name: add.excluded[name] for name in self.columns if name != "code"}
        return add.on_conflict_do_update(
            index_elements=["code"], set_=changes, where=nodes.c.version < add.excluded["version"]
        )

    @cached_property
    def subtree(self) -> Executable:
        """Every node at or below the given ones, by the parents they name."""
        child = table_of(self.row)
        given = unnest("given", codes=Text())
        below = select(given.c.codes.label("code"), literal(0, Integer).label("depth")).cte("below", recursive=True)
        deeper = select(child.c.code, below.c.depth + 1).join_from(below, child, child.c.parent_code == below.c.code)
        below = below.union(deeper.where(below.c.depth < DEEPEST))
        return select(below.c.code).distinct()

    @cached_property
    def unlink(self) -> Executable:
        """Delete who is above the given nodes; returns who was."""
        closure = table_of(self.closure_row)
        gone = delete(closure).where(closure.c[self.node] == AMONG_CODES).returning(closure.c.ancestor_code).cte("gone")
        return select(gone.c.ancestor_code).distinct()

    @cached_property
    def link(self) -> Executable:
        """Insert who is above the given nodes, a parent that has not arrived yet included; returns who is."""
        closure, up = table_of(self.closure_row), self._upwards(table_of(self.row))
        apart = [func.max(up.c.apart)] if self.apart else []
        nearest = select(up.c.code, up.c.ancestor, func.min(up.c.depth), *apart).group_by(up.c.code, up.c.ancestor)
        linked = (
            insert(closure)
            .from_select([self.node, "ancestor_code", "depth", *([self.apart] if self.apart else [])], nearest)
            .returning(closure.c.ancestor_code)
            .cte("linked")
        )
        return select(linked.c.ancestor_code).distinct()

    def _upwards(self, nodes: Table) -> CTE:
        start = select(
            nodes.c.code,
            nodes.c.code.label("ancestor"),
            literal(0, Integer).label("depth"),
            cast(null(), Date).label("apart"),
        )
        up = start.where(nodes.c.code == AMONG_CODES).cte("up", recursive=True)
        apart = func.greatest(up.c.apart, nodes.c[self.apart]) if self.apart else up.c.apart
        above: Any = select(up.c.code, nodes.c.parent_code, up.c.depth + 1, apart).join_from(
            up, nodes, nodes.c.code == up.c.ancestor
        )
        return up.union_all(above.where(nodes.c.parent_code.is_not(None), up.c.depth < DEEPEST))


UNITS: Final = Tree(
    UnitRow,
    UnitAncestorRow,
    "unit_code",
    place=("parent_code", "valid_from", "valid_to"),
    derived=frozenset({"nobody_on"}),
    apart="apart_until",
)
ORGANISATIONS: Final = Tree(OrganisationRow, OrganisationAncestorRow, "organisation_code")
