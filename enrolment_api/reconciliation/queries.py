"""Pages of what is published again, and totals of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, TypeAlias
from uuid import UUID

from sqlmodel import col, select

from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.domain.registry import Collector, Organisation, Unit
from enrolment_api.enrolments.rows import enrolment_of
from enrolment_api.tables.enrolments import EnrolmentRow
from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.reconciliation.totals import registry_totals
from services.vocabulary import RegistryKind

Entry: TypeAlias = tuple[Unit | Organisation | Collector, int]
"""An entry of the registry, and its version."""

REGISTRY_TOTALS: Final = registry_totals(
    {"unit": table_of(UnitRow), "organisation": table_of(OrganisationRow), "collector": table_of(CollectorRow)}
)
_FIRST_ID: Final = UUID(int=0)


async def enrolments_of_day(session: ReadSession, day: date, after: UUID | None, limit: int) -> list[Enrolment]:
    """Those that can be published again, in the order of their ids.

    An enrolment without a checksum was published under another id: under its own it would be counted twice.
    """
    row = EnrolmentRow
    wanted = (
        select(row)
        .where(col(row.checksum).is_not(None), row.signed_on == day, col(row.id) > (after or _FIRST_ID))
        .order_by(col(row.id))
        .limit(limit)
    )
    return [enrolment_of(row) for row in await session.scalars(wanted)]


async def entries(session: ReadSession, kind: RegistryKind, after: str, limit: int) -> Sequence[Entry]:
    """Registry entries of a kind with their versions, in the order of their codes; `after` is the last code seen."""
    match kind:
        case "unit":
            return await _units(session, after, limit)
        case "organisation":
            return await _organisations(session, after, limit)
        case "collector":
            return await _collectors(session, after, limit)


async def _units(session: ReadSession, after: str, limit: int) -> list[Entry]:
    wanted = select(UnitRow).where(col(UnitRow.code) > after).order_by(col(UnitRow.code)).limit(limit)
    return [(Unit(u.code, u.name, u.level, u.parent_code), u.version) for u in await session.scalars(wanted)]


async def _organisations(session: ReadSession, after: str, limit: int) -> list[Entry]:
    row = OrganisationRow
    wanted = select(row).where(col(row.code) > after).order_by(col(row.code)).limit(limit)
    return [(Organisation(o.code, o.name, o.parent_code), o.version) for o in await session.scalars(wanted)]


async def _collectors(session: ReadSession, after: str, limit: int) -> list[Entry]:
    row = CollectorRow
    wanted = select(row).where(col(row.code) > after).order_by(col(row.code)).limit(limit)
    return [(Collector(c.code, c.name, c.organisation_code), c.version) for c in await session.scalars(wanted)]
