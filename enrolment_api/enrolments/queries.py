"""Reads of sign-ups: an organisation sees its own, and no other's; the agency sees all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, get_args
from uuid import UUID

from sqlalchemy import Select, Text, bindparam, func, or_, select

from enrolment_api.domain.enrolment import Enrolment, Status
from enrolment_api.enrolments import sql
from enrolment_api.enrolments.pages import Position, bounds, merged
from enrolment_api.enrolments.rows import enrolment_of
from enrolment_api.enrolments.streams import OF_COLLECTORS, OF_ORGANISATIONS, OF_UNITS, among_units
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.enrolments import EnrolmentRow
from services.errors import NotFound
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of


@dataclass(frozen=True, slots=True)
class Filters:
    """Which sign-ups; None leaves a condition open.

    `own_of` is the organisation that asks, where it knows of its own alone; `exact` leaves out the units below
    `unit_code`; `after` is the place of the last one seen.
    """

    own_of: str | None = None
    organisation_code: str | None = None
    status: Status | None = None
    unit_code: str | None = None
    exact: bool = False
    collector_code: str | None = None
    external_ref: str | None = None
    signed_from: date | None = None
    signed_to: date | None = None
    after: Position | None = None


_e: Final = table_of(EnrolmentRow).c
PAGE_OF_ORGANISATIONS: Final = merged(OF_ORGANISATIONS, _e.signed_on)
PAGE_OF_UNITS: Final = merged(OF_UNITS, _e.signed_on)
PAGE_OF_COLLECTORS: Final = merged(OF_COLLECTORS, _e.signed_on)
PAGE_OF_REFERENCE: Final = merged(
    OF_ORGANISATIONS,
    _e.signed_on,
    _e.external_ref == bindparam("external_ref"),
    among_units(_e.unit_code),
    or_(
        bindparam("collector_code", type_=Text).is_(None),
        func.upper(_e.collector_code) == func.upper(bindparam("collector_code", type_=Text)),
    ),
)
OF_PERSON: Final = select(EnrolmentRow).from_statement(sql.OF_PERSON)


async def find_enrolment(session: ReadSession, keys: PeopleKeys, enrolment_id: UUID, own_of: str | None) -> Enrolment:
    """One sign-up. Raises NotFound, also where it is not that organisation's own."""
    row = await session.get(EnrolmentRow, enrolment_id)
    if row is None or own_of not in (None, row.organisation_code):
        raise NotFound(f"there is no sign-up {enrolment_id}" + (f" of {own_of}" if own_of else ""))
    return enrolment_of(row, keys)


async def list_enrolments(session: ReadSession, keys: PeopleKeys, filters: Filters, limit: int) -> Sequence[Enrolment]:
    """Sign-ups by the day of signing, those of a day as they were recorded; at most `limit`."""
    rows = await session.scalars(statement_for(filters), parameters_of(filters, limit))
    return [enrolment_of(row, keys) for row in rows]


async def enrolments_of_person(
    session: ReadSession, keys: PeopleKeys, personal_id: str, own_of: str | None, limit: int
) -> Sequence[Enrolment]:
    """The person's sign-ups that were not cancelled, oldest first, at most `limit`; of one organisation where it is
    given."""
    wanted = {"indexes": keys.indexes_of(personal_id), "own_of": own_of, "limit": limit}
    return [enrolment_of(row, keys) for row in await session.scalars(OF_PERSON, wanted)]


def statement_for(filters: Filters) -> Select[Any]:
    """The statement that reads such a list."""
    if filters.external_ref is not None:
        return PAGE_OF_REFERENCE
    if filters.collector_code is not None:
        return PAGE_OF_COLLECTORS
    return PAGE_OF_ORGANISATIONS if filters.unit_code is None else PAGE_OF_UNITS


def parameters_of(filters: Filters, limit: int) -> dict[str, Any]:
    """Its parameters, for a page of at most `limit`."""
    return {
        "own_of": filters.own_of,
        "organisation_code": filters.organisation_code,
        "statuses": [filters.status] if filters.status else list(get_args(Status)),
        "unit_code": filters.unit_code,
        "exact": filters.exact,
        "collector_code": filters.collector_code,
        "external_ref": filters.external_ref,
        **bounds(filters.after, filters.signed_from, filters.signed_to, limit),
    }
