"""How PostgreSQL has carried out a statement."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

_DIALECT: Final[Any] = asyncpg.dialect()  # type: ignore[no-untyped-call]


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


async def generic_plan(connection: AsyncConnection, statement: Any) -> dict[str, Any]:
    """The plan that is kept for a statement whatever its parameters, as for one that was run a few times."""
    compiled = statement.compile(dialect=_DIALECT)
    nothing = ", ".join("NULL" for _ in compiled.positiontup)
    for command in ("SET LOCAL plan_cache_mode = force_generic_plan", f"PREPARE kept AS {compiled}"):
        await connection.exec_driver_sql(command)
    found = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) EXECUTE kept({nothing})")
    await connection.exec_driver_sql("DEALLOCATE kept")
    [[plan]] = found.all()
    return dict((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def read_whole(node: dict[str, Any]) -> set[str]:
    """The tables that a plan reads from end to end."""
    here = {node["Relation Name"]} if node["Node Type"] == "Seq Scan" else set()
    return here.union(*(read_whole(child) for child in node.get("Plans", [])))
