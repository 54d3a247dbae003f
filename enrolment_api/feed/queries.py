"""The sign-ups without the person, as listeners have them; and which of them still wait to be published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import literal, text

from enrolment_api.tables.enrolments import EnrolmentRow
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.reconciliation.entries import Entries, Entry

_e = table_of(EnrolmentRow).c
_OTHERS: Final = {
    "enrolment_id": _e.id,
    "version": _e.facts_version,
    "cancelled": _e.status == literal("cancelled"),
}
ENTRIES: Final = Entries({name: _OTHERS[name] if name in _OTHERS else _e[name] for name in Entry._fields})
WAITING: Final = text("""
    SELECT CAST(CAST(body AS json) -> 'data' ->> 'enrolment_id' AS uuid) FROM outbox
    WHERE type LIKE 'drive.enrolment.%'
      AND CAST(body AS json) -> 'data' ->> 'enrolment_id' = ANY(CAST(:ids AS text[]))
""")


async def waiting(session: ReadSession, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the sign-ups whose event is not published yet."""
    return set(await session.scalars(WAITING, {"ids": [str(each) for each in ids]}))
