"""Reads of sign-ups: an organisation sees its own, and no other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.enrolments.rows import enrolment_of
from enrolment_api.tables.enrolments import EnrolmentRow
from services.errors import NotFound
from services.persistence.unit_of_work import ReadSession


@dataclass(frozen=True, slots=True)
class Filters:
    """Which sign-ups of an organisation; None leaves a condition open. `after` is the id of the last one seen."""

    unit_code: str | None = None
    collector_code: str | None = None
    external_ref: str | None = None
    signed_from: date | None = None
    signed_to: date | None = None
    after: UUID | None = None


async def find_enrolment(session: ReadSession, organisation_code: str, enrolment_id: UUID) -> Enrolment:
    """One sign-up. Raises NotFound, also where it is another organisation's."""
    row = await session.get(EnrolmentRow, enrolment_id)
    if row is None or row.organisation_code != organisation_code:
        raise NotFound(f"there is no sign-up {enrolment_id} of {organisation_code}")
    return enrolment_of(row)


async def list_enrolments(
    session: ReadSession, organisation_code: str, filters: Filters, limit: int
) -> Sequence[Enrolment]:
    """The organisation's sign-ups in the order in which they were recorded, at most `limit`."""
    row = EnrolmentRow
    wanted = select(row).where(row.organisation_code == organisation_code)
    equal = ((row.unit_code, filters.unit_code), (row.collector_code, filters.collector_code))
    for column, value in (*equal, (row.external_ref, filters.external_ref)):
        wanted = wanted.where(column == value) if value else wanted
    if filters.signed_from:
        wanted = wanted.where(col(row.signed_on) >= filters.signed_from)
    if filters.signed_to:
        wanted = wanted.where(col(row.signed_on) <= filters.signed_to)
    if filters.after:
        wanted = wanted.where(col(row.id) > filters.after)
    rows = await session.scalars(wanted.order_by(col(row.id)).limit(limit))
    return [enrolment_of(row) for row in rows]
