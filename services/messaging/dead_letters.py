"""Dead letters: what could not be handled is kept in the consumer's own database, in the table `parked_events`.

A letter with a `retry_at` is tried again by itself, with growing delays; one without is dead and waits for a person
(`drive dead-letters`). Nothing that arrived is ever thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID

from sqlalchemy import Row, text

from services.contracts.events import AnyEvent
from services.messaging.broker import EventMessage
from services.messaging.codec import Broken
from services.persistence.unit_of_work import ReadSession, UnitOfWork

RETRY_DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600))
"""What passes by itself mostly does within a minute; what needs a person is left alone after an hour and a quarter."""
MOST_UNFINISHED = 20
"""Attempts in a row that ended with their process before a letter counts as one that kills it."""
LONGEST_ERROR = 2000

_INSERT = text(
    "INSERT INTO parked_events (id, type, body, raw, error, attempts, begun, parked_at, retry_at)"
    " VALUES (:id, :type, :body, :raw, :error, :attempts, 0, :now, :retry_at)"
    " ON CONFLICT (id) DO UPDATE SET error = excluded.error, retry_at = excluded.retry_at, dropped_at = NULL,"
    " drop_reason = NULL WHERE parked_events.dropped_at IS NOT NULL"
)
_NEXT_DUE = text(
    "SELECT id, type, body, raw, attempts, begun FROM parked_events WHERE retry_at <= :now"
    " ORDER BY retry_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_BEGIN = text("UPDATE parked_events SET begun = begun + 1, retry_at = :retry_at WHERE id = :id")
_UNDO_BEGIN = text("UPDATE parked_events SET begun = greatest(begun - 1, 0), retry_at = :now WHERE id = :id")
_FAILED = text(
    "UPDATE parked_events SET attempts = attempts + 1, begun = 0, retry_at = :retry_at, error = :error WHERE id = :id"
)
_DELETE = text("DELETE FROM parked_events WHERE id = :id")
_COUNT = text(
    "SELECT count(*) FILTER (WHERE retry_at IS NULL) AS dead, count(*) FILTER (WHERE retry_at IS NOT NULL) AS waiting"
    " FROM parked_events WHERE dropped_at IS NULL"
)
LEASE = timedelta(seconds=60)
"""When a letter is due again whose attempt ended with its process."""


@dataclass(frozen=True, slots=True)
class DueLetter:
    """A letter whose turn it is. `raw` is one CloudEvent or a batch of them, byte for byte as it arrived.

    `attempts` are those that failed; `unfinished` those in a row that began and of which nothing more was heard.
    """

    id: UUID
    type: str
    raw: bytes
    attempts: int
    unfinished: int


async def keep_broken(work: UnitOfWork, broken: Sequence[Broken], now: datetime) -> None:
    """Keep what can never be handled as it is: dead at once, since trying again would not mend it."""
    for item in broken:
        await _insert(work, _id_of(item.body), item.type, item.body, item.error, now, None)


async def keep_event(work: UnitOfWork, event: AnyEvent, error: Exception, now: datetime) -> None:
    """Keep an event whose handling failed, to be tried again."""
    body = event.model_dump_json().encode()
    await _insert(work, event.id, event.type, body, repr(error), now, now + RETRY_DELAYS[0], attempts=1)


async def keep_messages(work: UnitOfWork, messages: Sequence[tuple[EventMessage, str]], now: datetime) -> None:
    """Keep whole messages, each with the reason, to be tried at once, in this order, each alone."""
    for (message, reason), due in zip(messages, _one_after_another(len(messages), now), strict=True):
        await _insert(work, _id_of(message.body), message.type, message.body, reason, now, due)


async def keep_dead_message(work: UnitOfWork, message: EventMessage, reason: str, now: datetime) -> None:
    """Keep a whole message that the broker has given up on, for a person to decide."""
    await _insert(work, _id_of(message.body), message.type, message.body, reason, now, None)


async def keep_apart(work: UnitOfWork, letter: DueLetter, bodies: Sequence[bytes], now: datetime) -> None:
    """Replace a batch by one letter for each of its events, due now: so the one that does the harm is found alone."""
    await remove(work, letter.id)
    for body, due in zip(bodies, _one_after_another(len(bodies), now), strict=True):
        await _insert(work, _id_of(body), letter.type, body, "tried apart from its batch", now, due)


def _one_after_another(count: int, now: datetime) -> list[datetime]:
    """So many times, all of them past, which put what bears them in order."""
    return [now - timedelta(microseconds=count - place) for place in range(count)]


async def _insert(
    work: UnitOfWork,
    key: UUID,
    event_type: str,
    body: bytes,
    error: str,
    now: datetime,
    retry_at: datetime | None,
    attempts: int = 0,
) -> None:
    """`key` is the same for the same event or body: what comes again while it is kept is not kept twice."""
    shown = storable(body.decode(errors="backslashreplace"))
    values = {
        "id": key,
        "type": storable(event_type),
        "body": shown,
        "raw": None if shown.encode() == body else body,
        "error": storable(error[:LONGEST_ERROR]),
        "attempts": attempts,
    }
    await work.execute(_INSERT, values | {"now": now, "retry_at": retry_at})


def storable(words: str) -> str:
    """PostgreSQL's text holds neither NUL nor half a surrogate pair; what is broken may have either."""
    return words.replace("\0", "\\u0000").encode(errors="backslashreplace").decode()


def _id_of(body: bytes) -> UUID:
    """UUID version 5 (RFC 9562) of the bytes."""
    return UUID(bytes=hashlib.sha1(NAMESPACE_OID.bytes + body, usedforsecurity=False).digest()[:16], version=5)


async def begin_next(work: UnitOfWork, now: datetime) -> DueLetter | None:
    """The letter whose turn it is; that its attempt has begun is noted, and outlives the process once committed."""
    row = (await work.execute(_NEXT_DUE, {"now": now})).one_or_none()
    if row is None:
        return None
    await work.execute(_BEGIN, {"id": row.id, "retry_at": now + LEASE})
    return DueLetter(row.id, row.type, raw_of(row), row.attempts, row.begun)


def raw_of(row: Row[Any]) -> bytes:
    """The bytes that arrived, from a row with `raw` and `body`."""
    return bytes(row.raw) if row.raw is not None else str(row.body).encode()


async def undo_begin(work: UnitOfWork, letter: DueLetter, now: datetime) -> None:
    """The attempt came to nothing through no fault of the letter's."""
    await work.execute(_UNDO_BEGIN, {"id": letter.id, "now": now})


async def remove(work: UnitOfWork, letter_id: UUID) -> None:
    """It was handled after all."""
    await work.execute(_DELETE, {"id": letter_id})


async def postpone(work: UnitOfWork, letter: DueLetter, error: Exception, now: datetime) -> None:
    """It failed: later once more, or never again by itself."""
    delay = RETRY_DELAYS[letter.attempts] if letter.attempts < len(RETRY_DELAYS) else None
    await _note_failure(work, letter, repr(error), now + delay if delay else None)


async def give_up(work: UnitOfWork, letter: DueLetter, reason: str) -> None:
    """Trying again would not mend it: dead."""
    await _note_failure(work, letter, reason, None)


async def _note_failure(work: UnitOfWork, letter: DueLetter, error: str, retry_at: datetime | None) -> None:
    values = {"id": letter.id, "error": storable(error[:LONGEST_ERROR]), "retry_at": retry_at}
    await work.execute(_FAILED, values)


async def count(session: ReadSession) -> tuple[int, int]:
    """How many letters are dead and wait for a person, and how many are tried again by themselves."""
    row = (await session.execute(_COUNT)).one()
    return row.dead, row.waiting
