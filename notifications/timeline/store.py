"""Statements that add to timelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from notifications.tables.timeline import TimelineRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import columns_of, insert_many, table_of

_GIVEN: Final = tuple(each.name for each in table_of(TimelineRow).columns if each.name not in {"seq", "xid"})
INSERT: Final = insert_many(TimelineRow, *_GIVEN)


async def add(work: UnitOfWork, entries: Sequence[TimelineRow]) -> None:
    """Add the entries, in this order, to the timelines of alerts that are locked or new."""
    if entries:
        await work.execute(INSERT, columns_of((entry.model_dump() for entry in entries), *_GIVEN))
