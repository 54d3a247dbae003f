"""Statements that save units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from notifications.tables.registry import UnitRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import insert_many, table_of

_add = insert_many(UnitRow)
UPSERT: Final = _add.on_conflict_do_update(
    index_elements=["code"],
    set_={"version": _add.excluded["version"]},
    where=table_of(UnitRow).c.version < _add.excluded["version"],
)


async def upsert_units(work: UnitOfWork, versions: Mapping[str, int]) -> None:
    """Insert or change units, in the order of their codes; a version that is not higher changes nothing."""
    codes = sorted(versions)
    await work.execute(UPSERT, {"code": codes, "version": [versions[code] for code in codes]})
