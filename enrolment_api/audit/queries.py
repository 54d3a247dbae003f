"""Reads of the trail: for the agency by what it looks for, for verification in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Integer, Uuid, bindparam, func, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select

from enrolment_api.domain.audit import Action, Entry, Note
from enrolment_api.tables.audit import AuditEntryRow
from services.clock import beginning_of
from services.persistence.filters import Conditions, where_given
from services.persistence.unit_of_work import ReadSession

_e = AuditEntryRow


def _is_about(one: UUID) -> ColumnElement[bool]:
    return col(_e.ids).op("@>")(literal([one], ARRAY(Uuid)))


IN_ORDER: Final = select(AuditEntryRow).order_by(col(_e.seq))
NEXT: Final = IN_ORDER.where(col(_e.seq) > bindparam("after", type_=BigInteger)).limit(
    bindparam("limit", type_=Integer)
)
CONDITIONS: Final[Conditions] = {
    "since": lambda day: col(_e.at) >= beginning_of(day),
    "until": lambda day: col(_e.at) < beginning_of(day + timedelta(days=1)),
    "organisation_code": lambda code: func.upper(col(_e.organisation_code)) == code.upper(),
    "subject": lambda subject: col(_e.subject) == subject,
    "action": lambda action: col(_e.action) == action,
    "enrolment_id": _is_about,
    "case_id": _is_about,
    "after": lambda seq: col(_e.seq) > seq,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries; None leaves a condition open. Days are business days, both included; `after` is the number of the
    last entry seen."""

    since: date | None = None
    until: date | None = None
    organisation_code: str | None = None
    subject: str | None = None
    action: Action | None = None
    enrolment_id: UUID | None = None
    case_id: UUID | None = None
    after: int | None = None


async def list_entries(session: ReadSession, filters: Filters, limit: int) -> Sequence[Entry]:
    """Entries in the order in which they were written, at most `limit`."""
    rows = await session.scalars(where_given(IN_ORDER, CONDITIONS, filters).limit(limit))
    return [_entry_of(row) for row in rows]


async def next_entries(session: ReadSession, after: int, limit: int) -> Sequence[Entry]:
    """Those that follow on the entry of that number."""
    rows = await session.scalars(NEXT, {"after": after, "limit": limit})
    return [_entry_of(row) for row in rows]


def _entry_of(row: AuditEntryRow) -> Entry:
    note = Note(
        row.at,
        row.organisation_code,
        row.subject,
        row.action,  # type: ignore[arg-type]
        row.route,
        tuple(row.ids),
        row.filters,
        row.correlation_id,
    )
    return Entry(row.seq, note, row.hash)
