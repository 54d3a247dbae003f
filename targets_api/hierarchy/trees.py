"""The two trees, units and organisations: the statements that both have, on their nodes and their closure.

The closure holds every node with itself and all above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import (
    CTE,
    Date,
    Executable,
    Integer,
    Table,
    Text,
    all_,
    cast,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert
from sqlmodel import SQLModel

from services.persistence.statements import Query
from services.persistence.unnest import among, insert_many, table_of, unnest
from targets_api.tables.hierarchy import OrganisationAncestorRow, OrganisationRow, UnitAncestorRow, UnitRow
from targets_api.tables.ledger import TallyRow
from targets_api.tables.rollups import TALLY_DELTAS

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


class ChangedAncestor(NamedTuple):
    """One that gained or lost nodes, or has them at another depth; which."""

    code: str
    nodes: list[str]


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
        """Every node at or below the given ones, by the parents they name, however deep; a cycle ends it."""
        child = table_of(self.row)
        given = unnest("given", codes=Text())
        below = select(given.c.codes.label("code")).cte("below", recursive=True)
        deeper = select(child.c.code).join_from(below, child, child.c.parent_code == below.c.code)
        return select(below.union(deeper).c.code)

    @cached_property
    def unlink(self) -> Query[ChangedAncestor]:
        """Delete who is no longer above the given nodes; returns who lost which."""
        closure, up = table_of(self.closure_row), self._upwards(table_of(self.row))
        is_above = exists().where(up.c.code == closure.c[self.node], up.c.ancestor == closure.c.ancestor_code)
        gone = delete(closure).where(closure.c[self.node] == AMONG_CODES, ~is_above)
        return self._changed(gone.returning(closure.c[self.node], closure.c.ancestor_code))

    @cached_property
    def link(self) -> Query[ChangedAncestor]:
        """Insert who has come above the given nodes, a parent that has not arrived yet included; returns who gained
        which, or has them at another depth."""
        closure, up = table_of(self.closure_row), self._upwards(table_of(self.row))
        apart = [func.max(up.c.apart)] if self.apart else []
        nearest = select(up.c.code, up.c.ancestor, func.min(up.c.depth), *apart).group_by(up.c.code, up.c.ancestor)
        kept = ["depth", *([self.apart] if self.apart else [])]
        add = insert(closure).from_select([self.node, "ancestor_code", *kept], nearest)
        linked = add.on_conflict_do_update(
            index_elements=[self.node, "ancestor_code"],
            set_={name: add.excluded[name] for name in kept},
            where=or_(*(closure.c[name].is_distinct_from(add.excluded[name]) for name in kept)),
        )
        return self._changed(linked.returning(closure.c[self.node], closure.c.ancestor_code))

    @cached_property
    def above(self) -> Executable:
        """Who is above the given nodes."""
        closure = table_of(self.closure_row).c
        return select(closure.ancestor_code).where(closure[self.node] == AMONG_CODES).distinct()

    @cached_property
    def with_tallies(self) -> Executable:
        """Those of the nodes that have tallies."""
        tallies, given = table_of(TallyRow), unnest("given", codes=Text())
        return select(given.c.codes).where(exists().where(tallies.c[self.node] == given.c.codes))

    @cached_property
    def with_deltas(self) -> Executable:
        """Those of the nodes whose tallies have changed since they were folded."""
        deltas = TALLY_DELTAS.c[self.node]
        return select(deltas).distinct().where(deltas == AMONG_CODES)

    def _changed(self, pairs: ReturningDelete[Any, Any] | ReturningInsert[Any, Any]) -> Query[ChangedAncestor]:
        changed = pairs.cte("changed").c
        code = changed.ancestor_code.label("code")
        return Query(ChangedAncestor, select(code, func.array_agg(changed[self.node]).label("nodes")).group_by(code))

    def _upwards(self, nodes: Table) -> CTE:
        """`path` ends at a cycle of parents, which late versions may form for a while."""
        start = select(
            nodes.c.code,
            nodes.c.code.label("ancestor"),
            literal(0, Integer).label("depth"),
            cast(null(), Date).label("apart"),
            array[Any]([nodes.c.code]).label("path"),
        )
        up = start.where(nodes.c.code == AMONG_CODES).cte("up", recursive=True)
        apart = func.greatest(up.c.apart, nodes.c[self.apart]) if self.apart else up.c.apart
        path = func.array_append(up.c.path, nodes.c.parent_code)
        above: Any = select(up.c.code, nodes.c.parent_code, up.c.depth + 1, apart, path).join_from(
            up, nodes, nodes.c.code == up.c.ancestor
        )
        return up.union_all(above.where(nodes.c.parent_code.is_not(None), nodes.c.parent_code != all_(up.c.path)))


UNITS: Final = Tree(
    UnitRow,
    UnitAncestorRow,
    "unit_code",
    place=("parent_code", "valid_from", "valid_to"),
    derived=frozenset({"nobody_on"}),
    apart="apart_until",
)
ORGANISATIONS: Final = Tree(OrganisationRow, OrganisationAncestorRow, "organisation_code")
