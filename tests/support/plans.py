"""How PostgreSQL has carried out a statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Executable
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement


class Explained(Executable, ClauseElement):
    """EXPLAIN ANALYZE of a statement; its only value is a list with one plan."""

    inherit_cache = False

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(Explained)
def _explained(element: Explained, compiler: SQLCompiler, **kwargs: Any) -> str:
    return "EXPLAIN (ANALYZE, FORMAT JSON) " + compiler.process(element.statement, **kwargs)


def rows_read(node: dict[str, Any], table: str) -> float:
    """How many entries and rows of the table the plan has read, those that it read for nothing included."""
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    here = (node["Actual Rows"] + removed) * node["Actual Loops"] if node.get("Relation Name") == table else 0
    return float(here + sum(rows_read(child, table) for child in node.get("Plans", [])))
