"""Add to the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from enrolment_api.audit import store
from enrolment_api.domain.audit import Entry, Note, chained
from enrolment_api.tables.locks import AUDIT
from services.persistence.locks import take
from services.persistence.unit_of_work import UnitOfWork


async def append(work: UnitOfWork, notes: Sequence[Note]) -> list[Entry]:
    """Chain the notes to the trail, in their order. Others who add to it wait until this unit of work has ended: so it
    is the last that one does."""
    await take(work, AUDIT)
    head, _ = await store.heads_of_trail(work)
    entries = chained(notes, head)
    await store.insert(work, entries)
    return entries
