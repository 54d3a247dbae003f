"""Which units are registered, and at which level."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Text, bindparam, func, select

from notifications.tables.registry import UnitRow
from services.errors import NotKnownYet, Unknown
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among, table_of
from services.vocabulary import UnitLevel

_code, _given = table_of(UnitRow).c.code, bindparam("code", type_=Text)
OF_CODE: Final = select(_code).where(func.upper(_code) == func.upper(_given)).order_by(_code != _given, _code).limit(1)

_level = table_of(UnitRow).c.level
LEVELS: Final = select(_code, _level).where(_code == among("codes", Text()), _level.is_not(None))


async def registered_unit(session: ReadSession, code: str) -> str | None:
    """The code of the unit as it is registered, in whatever case it is given; None where no such unit is known."""
    found: str | None = (await session.scalars(OF_CODE, {"code": code})).first()
    return found


async def registered_under(session: ReadSession, under: str | None) -> str | None:
    """The code of a body's `under` as it is registered: alerts name it so; None where none is given. Raises
    NotKnownYet."""
    if under is None:
        return None
    if (code := await registered_unit(session, under)) is None:
        raise NotKnownYet.of([Unknown("/under", "unit", under)])
    return code


async def levels_of(session: ReadSession, codes: Collection[str]) -> dict[str, UnitLevel]:
    """The levels of these units, where they are known."""
    if not codes:
        return {}
    return {row.code: row.level for row in await session.execute(LEVELS, {"codes": sorted(codes)})}
