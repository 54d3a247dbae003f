"""Pages of what is published again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.domain.registry import Collector, Organisation, Unit
from enrolment_api.enrolments.store import enrolment_of
from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.contracts.reconciliation import RegistryKind
from services.persistence.unit_of_work import ReadSession

# An enrolment without a checksum was published under another id: under its own it would be counted twice.
_OF_DAY = text(
    "SELECT * FROM enrolments WHERE checksum IS NOT NULL AND signed_on = :day AND id > :after ORDER BY id LIMIT :limit"
)
_FIRST_ID = UUID(int=0)

Entry = tuple[Unit | Organisation | Collector, int]


async def enrolments_of_day(session: ReadSession, day: date, after: UUID | None, limit: int) -> list[Enrolment]:
    """Those that can be published again, in the order of their ids."""
    rows = await session.execute(_OF_DAY, {"day": day, "after": after or _FIRST_ID, "limit": limit})
    return [enrolment_of(row) for row in rows]


async def entries(session: ReadSession, kind: RegistryKind, after: str | None, limit: int) -> list[Entry]:
    """Registry entries of a kind with their versions, in the order of their codes."""
    match kind:
        case "unit":
            units = await _page(session, UnitRow, after, limit)
            return [(Unit(u.code, u.name, u.level, u.parent_code), u.version) for u in units]
        case "organisation":
            organisations = await _page(session, OrganisationRow, after, limit)
            return [(Organisation(o.code, o.name, o.parent_code), o.version) for o in organisations]
        case "collector":
            collectors = await _page(session, CollectorRow, after, limit)
            return [(Collector(c.code, c.name, c.organisation_code), c.version) for c in collectors]


async def _page(session: ReadSession, row: Any, after: str | None, limit: int) -> Sequence[Any]:
    wanted = select(row).order_by(col(row.code)).limit(limit)
    if after is not None:
        wanted = wanted.where(col(row.code) > after)
    return (await session.scalars(wanted)).all()
