"""Reads of the units that metrics are of."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import Date, Integer, Text, bindparam, or_, select

from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.vocabulary import UnitLevel
from targets_api.tables.hierarchy import UnitAncestorRow, UnitRow

_u, _a = table_of(UnitRow).c, table_of(UnitAncestorRow).c
_on = bindparam("on", type_=Date)
OF_LEVEL: Final = (
    select(_u.code)
    .where(
        _u.level == bindparam("level", type_=Text),
        or_(_u.valid_from.is_(None), _u.valid_from <= _on),
        or_(_u.valid_to.is_(None), _u.valid_to >= _on),
    )
    .order_by(_u.code)
    .limit(bindparam("limit", type_=Integer))
)
OF_LEVEL_UNDER: Final = OF_LEVEL.where(
    _u.code.in_(select(_a.unit_code).where(_a.ancestor_code == bindparam("under", type_=Text)))
)


async def units_of_level(session: ReadSession, level: UnitLevel, under: str | None, on: date, limit: int) -> list[str]:
    """Codes of at most `limit` units that there are on the day, at or below one where that is given."""
    values = {"level": level, "on": on, "limit": limit}
    if under is None:
        return list(await session.scalars(OF_LEVEL, values))
    return list(await session.scalars(OF_LEVEL_UNDER, {**values, "under": under}))
