"""How PostgreSQL has carried out a statement."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any, Final

from sqlalchemy import Executable, text
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from services.persistence.database import Database

UNTIL_KEPT: Final = 7
"""PostgreSQL keeps a plan for any parameters after five executions."""
_TELL: Final = text("SELECT pg_stat_force_next_flush()")
_READ: Final = text(
    "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_user_tables"
    " WHERE relname = ANY(:tables)"
)
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


async def read_by(database: Database, asked: Awaitable[object], *tables: str) -> int:
    """How many rows of the tables are read for what is asked, which uses one connection at a time."""
    before = await _read(database, tables)
    await asked
    return await _read(database, tables) - before


async def _read(database: Database, tables: tuple[str, ...]) -> int:
    async with database.write() as work:
        await work.execute(_TELL)
    async with database.read() as session:
        return int((await session.scalars(_READ, {"tables": list(tables)})).one())


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
    """The tables that a plan reads from end to end, or by a whole index."""
    here = {node["Relation Name"]} if "Relation Name" in node and _is_whole(node) else set()
    return here.union(*(read_whole(child) for child in node.get("Plans", [])))


def _is_whole(node: dict[str, Any]) -> bool:
    if node["Node Type"] == "Bitmap Heap Scan":
        return any(map(_is_whole, node["Plans"]))
    return "Scan" in node["Node Type"] and "Index Cond" not in node and "TID Cond" not in node
