"""The outbox: events are written in the transaction of the change they report, so both are committed or neither."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from services.contracts.envelope import Event
from services.persistence.unit_of_work import UnitOfWork
from services.waiting import each_in_turn

_INSERT = text("INSERT INTO outbox (type, body) SELECT * FROM unnest(CAST(:types AS text[]), CAST(:bodies AS text[]))")


async def emit(work: UnitOfWork, events: Sequence[Event]) -> None:
    """Put the events into the outbox, in this order, to be published once the unit of work is committed."""
    if not events:
        return
    bodies = await each_in_turn(_body, events)
    await work.execute(_INSERT, {"types": [event.type for event in events], "bodies": bodies})
    work.has_events = True


def _body(event: Event) -> str:
    return event.model_dump_json()
