"""Reads of sign-ups: an organisation sees its own, and no other's; the agency sees all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import isqrt
from typing import Any, Final, get_args
from uuid import UUID

from sqlalchemy import (
    CTE,
    BindParameter,
    Date,
    Executable,
    Integer,
    Select,
    Tuple,
    Uuid,
    bindparam,
    func,
    join,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import aliased

from enrolment_api.domain.enrolment import Enrolment, Status
from enrolment_api.enrolments import sql
from enrolment_api.enrolments.rows import enrolment_of
from enrolment_api.enrolments.streams import OF_COLLECTORS, OF_ORGANISATIONS, OF_UNITS
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.enrolments import EnrolmentRow
from services.errors import NotFound
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a list of sign-ups: they stand by the day of signing, those of a day as they were recorded."""

    signed_on: date
    id: UUID

    def __str__(self) -> str:
        return f"{self.signed_on}.{self.id}"

    @classmethod
    def read(cls, text: str) -> Position:
        """A place as `str` writes it. Raises ValueError."""
        day, _, enrolment_id = text.partition(".")
        return cls(date.fromisoformat(day), UUID(enrolment_id))


FIRST: Final = Position(date.min, UUID(int=0))
LAST: Final = Position(date.max, UUID(int=2**128 - 1))


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
_place: Final = tuple_(_e.signed_on, _e.id)
_until_day, _until_id = bindparam("until_day", type_=Date), bindparam("until_id", type_=Uuid)
_limit: Final = bindparam("limit", type_=Integer)


def _merged(streams: CTE) -> Select[Any]:
    """A page of what these streams have together. As many rows of each as `heads` says show how far the page reaches at
    most; then each is read that far. OFFSET 0 keeps the plan from reading all rows to join them."""
    heads = _of_each(streams, bindparam("heads", type_=Integer), tuple_(_until_day, _until_id)).cte("heads")
    last = select(heads).order_by(heads.c.signed_on, heads.c.id).offset(_limit - 1).limit(1).cte("last")
    reach = tuple_(
        func.coalesce(select(last.c.signed_on).scalar_subquery(), _until_day),
        func.coalesce(select(last.c.id).scalar_subquery(), _until_id),
    )
    page = _of_each(streams, _limit, reach).order_by("signed_on", "id").limit(_limit).cte("page")
    row = aliased(EnrolmentRow, select(EnrolmentRow).where(_e.id == page.c.id).offset(0).lateral())
    return select(row).select_from(join(page, row, true())).order_by(page.c.signed_on, page.c.id)


def _of_each(streams: CTE, most: BindParameter[int], reach: Tuple) -> Select[Any]:
    """Days and ids of the first rows of each stream after `after`, as far as `reach`.

    Days and ids are compared as one: the index is read from the one of these bounds to the other.
    """
    part = (
        select(_e.signed_on, _e.id)
        .where(
            *(_e[column.name] == column for column in streams.c),
            _place > tuple_(bindparam("after_day", type_=Date), bindparam("after_id", type_=Uuid)),
            _place <= reach,
        )
        .order_by(_e.signed_on, _e.id)
        .limit(most)
        .lateral()
    )
    return select(part.c.signed_on, part.c.id).select_from(streams.join(part, true()))


PAGE_OF_ORGANISATIONS: Final = _merged(OF_ORGANISATIONS)
PAGE_OF_UNITS: Final = _merged(OF_UNITS)
PAGE_OF_COLLECTORS: Final = _merged(OF_COLLECTORS)
BY_REFERENCE: Final = select(EnrolmentRow).from_statement(sql.BY_REFERENCE)


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


def statement_for(filters: Filters) -> Executable:
    """The statement that reads such a list."""
    if filters.external_ref is not None:
        return BY_REFERENCE
    if filters.collector_code is not None:
        return PAGE_OF_COLLECTORS
    return PAGE_OF_ORGANISATIONS if filters.unit_code is None else PAGE_OF_UNITS


def parameters_of(filters: Filters, limit: int) -> dict[str, Any]:
    """Its parameters, for a page of at most `limit`."""
    after = max(filters.after or FIRST, Position(filters.signed_from or FIRST.signed_on, FIRST.id))
    return {
        "own_of": filters.own_of,
        "organisation_code": filters.organisation_code,
        "statuses": [filters.status] if filters.status else list(get_args(Status)),
        "unit_code": filters.unit_code,
        "exact": filters.exact,
        "collector_code": filters.collector_code,
        "external_ref": filters.external_ref,
        "after_day": after.signed_on,
        "after_id": after.id,
        "until_day": filters.signed_to or LAST.signed_on,
        "until_id": LAST.id,
        "heads": isqrt(limit) + 1,
        "limit": limit,
    }
