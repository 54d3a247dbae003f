"""Bulk inserts by unnest."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql


@lru_cache(maxsize=256)
def unnest_insert(table: Table, names: tuple[str, ...], on_conflict: str, returning: str) -> str:
    """`INSERT … SELECT FROM unnest(…)` of these columns, an array parameter named after each."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    arrays = ", ".join(f"CAST(:{name} AS {table.c[name].type.compile(dialect)}[])" for name in names)
    conflict = f" ON CONFLICT {on_conflict}" if on_conflict else ""
    tail = f" RETURNING {returning}" if returning else ""
    return f'INSERT INTO "{table.name}" ({", ".join(names)}) SELECT * FROM unnest({arrays}){conflict}{tail}'  # noqa: S608 - names come from our own table definitions
