"""Statements that add to the trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlmodel import col, select

from enrolment_api.domain.audit import BEGINNING, Entry, Head
from enrolment_api.tables.audit import AuditEntryRow
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork


class HeadRow(NamedTuple):
    """An entry, the newest first."""

    seq: int
    hash: bytes


HEADS: Final = Query(
    HeadRow,
    select(col(AuditEntryRow.seq), col(AuditEntryRow.hash)).order_by(col(AuditEntryRow.seq).desc()).limit(2),
)


async def heads_of_trail(session: ReadSession) -> tuple[Head, Head]:
    """The newest entry, which the next one follows on, and the one that it follows on itself."""
    newest = [Head(row.seq, row.hash) for row in await session.all(HEADS)]
    last, before, *_ = [*newest, BEGINNING, BEGINNING]
    return last, before


async def insert(work: UnitOfWork, entries: Sequence[Entry]) -> None:
    """Add the entries, whose numbers follow on the newest one."""
    await work.add(*map(_row_of, entries))


def _row_of(entry: Entry) -> AuditEntryRow:
    note = entry.note
    return AuditEntryRow(
        seq=entry.seq,
        at=note.at,
        organisation_code=note.organisation_code,
        subject=note.subject,
        action=note.action,
        route=note.route,
        ids=list(note.ids),
        filters=dict(note.filters),
        correlation_id=note.correlation_id,
        hash=entry.hash,
    )
