"""The queries of the registry: each takes many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, text
from sqlmodel import col, select

from enrolment_api.domain.registry import LEVELS
from enrolment_api.tables.base import Base
from enrolment_api.tables.registry import UnitRow
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.vocabulary import UnitLevel

_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_LOCK_KEY = 0x72656769  # "regi"
_UNITS = text("SELECT code, level, parent_code FROM units WHERE code = ANY(CAST(:codes AS text[]))")
_BELOW = text("SELECT DISTINCT parent_code, level FROM units WHERE parent_code = ANY(CAST(:codes AS text[]))")
_ABOVE = text(
    "WITH RECURSIVE above AS (SELECT code, parent_code FROM organisations WHERE code = ANY(CAST(:codes AS text[]))"
    " UNION SELECT o.code, o.parent_code FROM organisations o JOIN above a ON o.code = a.parent_code)"
    " SELECT code, parent_code FROM above"
)


async def lock_registry(work: UnitOfWork) -> None:
    """One change of the registry at a time, until its unit of work ends: what one checks, the other cannot move."""
    await work.execute(_LOCK, {"key": _LOCK_KEY})


async def units_of(session: ReadSession, codes: Iterable[str]) -> Mapping[str, tuple[UnitLevel, str | None]]:
    """UnitLevel and parent of the units with these codes."""
    rows = await session.execute(_UNITS, {"codes": list(codes)})
    return {row.code: (row.level, row.parent_code) for row in rows}


async def levels_below(session: ReadSession, codes: Iterable[str]) -> Mapping[str, UnitLevel]:
    """The highest level right below each of these units, where there is one."""
    rows = (await session.execute(_BELOW, {"codes": list(codes)})).all()
    return {row.parent_code: row.level for row in sorted(rows, key=lambda r: LEVELS.index(r.level), reverse=True)}


async def organisations_above(session: ReadSession, codes: Iterable[str]) -> dict[str, str | None]:
    """The parent of each of these organisations, and of all above them."""
    rows = await session.execute(_ABOVE, {"codes": list(codes)})
    return {row.code: row.parent_code for row in rows}


async def upsert(work: UnitOfWork, row: type[Base], values: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Insert what is new and change what differs; the codes of those. Each code may be there once."""
    if not values:
        return frozenset()
    table = _table(row)
    columns = [name for name in values[0] if name not in {"code", "version"}]
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
    old, new = (", ".join(f"{of}.{name}" for name in columns) for of in (table.name, "EXCLUDED"))
    on_conflict = (
        f"(code) DO UPDATE SET {changes}, version = {table.name}.version + 1 WHERE ({old}) IS DISTINCT FROM ({new})"
    )
    written = await work.bulk_insert(table, values, on_conflict=on_conflict, returning="code")
    return frozenset(code for (code,) in written)


async def versions_of(session: ReadSession, row: type[Base], codes: Iterable[str]) -> Mapping[str, int]:
    """The version of each of these rows."""
    table = _table(row)
    wanted = select(table.c.code, table.c.version).where(table.c.code.in_(list(codes)))
    return {row.code: row.version for row in await session.execute(wanted)}


async def page_of_units(
    session: ReadSession, *, parent_code: str | None, level: str | None, after: str | None, limit: int
) -> Sequence[UnitRow]:
    """Units in the order of their codes."""
    wanted = select(UnitRow).order_by(col(UnitRow.code)).limit(limit)
    if parent_code:
        wanted = wanted.where(UnitRow.parent_code == parent_code)
    if level:
        wanted = wanted.where(UnitRow.level == level)
    if after:
        wanted = wanted.where(col(UnitRow.code) > after)
    return (await session.scalars(wanted)).all()


def _table(row: type[Base]) -> Table:
    return row.metadata.tables[str(row.__tablename__)]
