"""Parked events: what could not be handled waits in the consumer's own database, to be tried again with growing delays,
and lies there as a dead letter once it has been tried often enough. Nothing that arrived is ever thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import Row, text

from services.contracts.events import EVENT, AnyEvent
from services.database import ReadSession, WriteSession
from services.messaging.codec import Broken

RETRY_DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600))
"""What passes by itself mostly does within a minute; what needs a person is left alone after an hour and a quarter."""

_PARK = text(
    "INSERT INTO parked_events (id, type, body, error, attempts, parked_at, retry_at)"
    " VALUES (:id, :type, :body, :error, :attempts, :now, :retry_at) ON CONFLICT (id) DO NOTHING"
)
_DUE = text(
    "SELECT id, body, attempts FROM parked_events WHERE retry_at <= :now"
    " ORDER BY retry_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_AGAIN = text("UPDATE parked_events SET attempts = :attempts, retry_at = :retry_at, error = :error WHERE id = :id")
_HANDLED = text("DELETE FROM parked_events WHERE id = :id")
_DEAD = text("SELECT count(*) FROM parked_events WHERE retry_at IS NULL")


async def bury(session: WriteSession, broken: Sequence[Broken], now: datetime) -> None:
    """Keep what can never be handled as it is: dead at once, since trying again would not mend it."""
    for item in broken:
        await _park(session, uuid5(NAMESPACE_OID, item.body), item.type, item.body, item.error, now, None)


async def park(session: WriteSession, event: AnyEvent, error: Exception, now: datetime) -> None:
    """Keep an event whose handling failed, to be tried again."""
    await _park(session, event.id, event.type, event.model_dump_json(), repr(error), now, now + RETRY_DELAYS[0])


async def _park(
    session: WriteSession, key: UUID, event_type: str, body: str, error: str, now: datetime, retry_at: datetime | None
) -> None:
    """`key` is the same for the same event or body: what comes again while it is parked is not parked twice."""
    values = {"id": key, "type": _storable(event_type), "body": _storable(body), "error": _storable(error[:2000])}
    await session.execute(_PARK, values | {"attempts": 1, "now": now, "retry_at": retry_at})


def _storable(words: str) -> str:
    """PostgreSQL's text holds neither NUL nor half a surrogate pair; what is broken may have either."""
    return words.replace("\0", "\\u0000").encode(errors="backslashreplace").decode()


async def next_due(session: WriteSession, now: datetime) -> Row[Any] | None:
    """The parked event whose turn it is, locked for this unit of work."""
    return (await session.execute(_DUE, {"now": now})).one_or_none()


def event_of(row: Row[Any]) -> AnyEvent:
    """The event in a parked row."""
    return EVENT.validate_json(row.body)


async def unpark(session: WriteSession, row: Row[Any]) -> None:
    """It was handled after all."""
    await session.execute(_HANDLED, {"id": row.id})


async def postpone(session: WriteSession, row: Row[Any], error: Exception, now: datetime) -> None:
    """It failed again: later once more, or never again by itself."""
    delay = RETRY_DELAYS[row.attempts] if row.attempts < len(RETRY_DELAYS) else None
    values = {"id": row.id, "attempts": row.attempts + 1, "error": repr(error)[:2000]}
    await session.execute(_AGAIN, values | {"retry_at": now + delay if delay else None})


async def count_dead(session: ReadSession) -> int:
    """How many events wait for a person."""
    return int((await session.execute(_DEAD)).scalar_one())
