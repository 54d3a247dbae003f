"""Which units that have changed are at or below those that are listened to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import Text, func, select

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among, table_of
from targets_api.tables.hierarchy import UnitAncestorRow, UnitRow


class Member(NamedTuple):
    """A unit at or below a root."""

    root: str
    code: str


_u, _a = table_of(UnitRow), table_of(UnitAncestorRow)
MEMBERS: Final = Query(
    Member,
    select(_a.c.ancestor_code.label("root"), _u.c.code)
    .join_from(_u, _a, _a.c.unit_code == _u.c.code)
    .where(func.upper(_u.c.code) == among("codes", Text()), _a.c.ancestor_code == among("roots", Text())),
)


async def members_of(session: ReadSession, roots: Collection[str], codes: Collection[str]) -> list[Member]:
    """Those of the units, whose codes are in upper case, that are at or below one of the roots."""
    if not roots or not codes:
        return []
    return await session.all(MEMBERS, {"roots": list(roots), "codes": list(codes)})
