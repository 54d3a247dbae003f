"""Pages of what is published again, and totals of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import Date, Integer, Text, Uuid, and_, bindparam
from sqlmodel import col, select

from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.domain.registry import Collector, Organisation, Unit
from enrolment_api.enrolments.rows import enrolment_of
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.registry.rows import collector_of, organisation_of, unit_of
from enrolment_api.tables.enrolments import EnrolmentChangeRow, EnrolmentRow
from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.ids import FIRST_ID
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.reconciliation.totals import registry_totals
from services.vocabulary import RegistryKind

Entry: TypeAlias = tuple[Unit | Organisation | Collector, int]
"""An entry of the registry, and its version."""

REGISTRY_TOTALS: Final = registry_totals(
    {"unit": table_of(UnitRow), "organisation": table_of(OrganisationRow), "collector": table_of(CollectorRow)}
)

_limit = bindparam("limit", type_=Integer)
OF_DAY: Final = (
    select(EnrolmentRow, EnrolmentChangeRow.changed_at)
    .outerjoin(
        EnrolmentChangeRow,
        and_(
            col(EnrolmentChangeRow.enrolment_id) == EnrolmentRow.id,
            col(EnrolmentChangeRow.version) == EnrolmentRow.facts_version,
        ),
    )
    .where(
        col(EnrolmentRow.checksum).is_not(None),
        col(EnrolmentRow.signed_on) == bindparam("day", type_=Date),
        col(EnrolmentRow.id) > bindparam("after", type_=Uuid),
    )
    .order_by(col(EnrolmentRow.id))
    .limit(_limit)
)
_after = bindparam("after", type_=Text)
UNITS: Final = select(UnitRow).where(col(UnitRow.code) > _after).order_by(col(UnitRow.code)).limit(_limit)
ORGANISATIONS: Final = (
    select(OrganisationRow).where(col(OrganisationRow.code) > _after).order_by(col(OrganisationRow.code)).limit(_limit)
)
COLLECTORS: Final = (
    select(CollectorRow).where(col(CollectorRow.code) > _after).order_by(col(CollectorRow.code)).limit(_limit)
)


async def enrolments_of_day(
    session: ReadSession, keys: PeopleKeys, day: date, after: UUID | None, limit: int
) -> list[tuple[Enrolment, datetime]]:
    """Those that can be published again, each with the time since when it counts as it does, in the order of their ids.

    An enrolment without a checksum was published under another id: under its own it would be counted twice.
    """
    page = {"day": day, "after": after or FIRST_ID, "limit": limit}
    found = (await session.execute(OF_DAY, page)).all()
    return [(enrolment_of(each[0], keys), each.changed_at or each[0].recorded_at) for each in found]


async def entries(session: ReadSession, kind: RegistryKind, after: str, limit: int) -> Sequence[Entry]:
    """Registry entries of a kind with their versions, in the order of their codes; `after` is the last code seen."""
    page = {"after": after, "limit": limit}
    match kind:
        case "unit":
            units = await session.scalars(UNITS, page)
            return [(unit_of(u), u.version) for u in units]
        case "organisation":
            organisations = await session.scalars(ORGANISATIONS, page)
            return [(organisation_of(o), o.version) for o in organisations]
        case "collector":
            collectors = await session.scalars(COLLECTORS, page)
            return [(collector_of(c), c.version) for c in collectors]
