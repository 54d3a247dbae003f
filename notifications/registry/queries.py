"""Which units are registered."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Text, bindparam, func, select

from notifications.tables.registry import UnitRow
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of

_code, _given = table_of(UnitRow).c.code, bindparam("code", type_=Text)
OF_CODE: Final = select(_code).where(func.upper(_code) == func.upper(_given)).order_by(_code != _given, _code).limit(1)


async def registered_unit(session: ReadSession, code: str) -> str | None:
    """The code of the unit as it is registered, in whatever case it is given; None where no such unit is known."""
    found: str | None = (await session.scalars(OF_CODE, {"code": code})).first()
    return found
