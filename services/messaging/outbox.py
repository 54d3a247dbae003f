"""The outbox: events are written in the transaction of the change they report, so both are committed or neither."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from services.contracts.envelope import Event
from services.persistence.unit_of_work import UnitOfWork

_INSERT = text("INSERT INTO outbox (type, body) SELECT * FROM unnest(CAST(:types AS text[]), CAST(:bodies AS text[]))")


async def emit(work: UnitOfWork, events: Sequence[Event]) -> None:
    """Put the events into the outbox, in this order, to be published once the unit of work is committed."""
    if not events:
        return
    await work.execute(_INSERT, {"types": [e.type for e in events], "bodies": [e.model_dump_json() for e in events]})
    work.has_events = True
