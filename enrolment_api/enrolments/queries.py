"""Reads of sign-ups: an organisation sees its own, and no other's; the agency sees all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select

from enrolment_api.domain.enrolment import Enrolment, Status
from enrolment_api.enrolments.rows import enrolment_of
from enrolment_api.tables.enrolments import EnrolmentRow
from enrolment_api.tables.registry import UnitRow
from services.errors import NotFound
from services.persistence.filters import Conditions, where_given
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of


def _at_or_below(code: str) -> ColumnElement[bool]:
    units = table_of(UnitRow)
    below = select(units.c.code).where(func.upper(units.c.code) == code.upper()).cte("below", recursive=True)
    below = below.union(select(units.c.code).join(below, units.c.parent_code == below.c.code))
    return col(EnrolmentRow.unit_code).in_(select(below.c.code))


IN_ORDER: Final = select(EnrolmentRow).order_by(col(EnrolmentRow.id))
CONDITIONS: Final[Conditions] = {
    "own_of": lambda code: col(EnrolmentRow.organisation_code) == code,
    "organisation_code": lambda code: func.upper(col(EnrolmentRow.organisation_code)) == code.upper(),
    "status": lambda status: col(EnrolmentRow.status) == status,
    "under": _at_or_below,
    "unit_code": lambda code: func.upper(col(EnrolmentRow.unit_code)) == code.upper(),
    "collector_code": lambda code: func.upper(col(EnrolmentRow.collector_code)) == code.upper(),
    "external_ref": lambda ref: col(EnrolmentRow.external_ref) == ref,
    "signed_from": lambda day: col(EnrolmentRow.signed_on) >= day,
    "signed_to": lambda day: col(EnrolmentRow.signed_on) <= day,
    "after": lambda enrolment_id: col(EnrolmentRow.id) > enrolment_id,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which sign-ups; None leaves a condition open.

    `own_of` is the organisation that asks, where it knows of its own alone; `under` is a unit with all below it,
    `unit_code` a unit alone; `after` is the id of the last one seen.
    """

    own_of: str | None = None
    organisation_code: str | None = None
    status: Status | None = None
    under: str | None = None
    unit_code: str | None = None
    collector_code: str | None = None
    external_ref: str | None = None
    signed_from: date | None = None
    signed_to: date | None = None
    after: UUID | None = None


async def find_enrolment(session: ReadSession, enrolment_id: UUID, own_of: str | None) -> Enrolment:
    """One sign-up. Raises NotFound, also where it is not that organisation's own."""
    row = await session.get(EnrolmentRow, enrolment_id)
    if row is None or own_of not in (None, row.organisation_code):
        raise NotFound(f"there is no sign-up {enrolment_id}" + (f" of {own_of}" if own_of else ""))
    return enrolment_of(row)


async def list_enrolments(session: ReadSession, filters: Filters, limit: int) -> Sequence[Enrolment]:
    """Sign-ups in the order in which they were recorded, at most `limit`."""
    rows = await session.scalars(where_given(IN_ORDER, CONDITIONS, filters).limit(limit))
    return [enrolment_of(row) for row in rows]
