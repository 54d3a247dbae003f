"""Dead letters: what could not be handled is kept in the consumer's own database, in the table `dead_letters`.

A dead letter with a `retry_at` is tried again automatically, with growing delays; one without waits for a person
(`drive dead-letters`). Nothing that was received is ever discarded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import NAMESPACE_OID, UUID

from sqlalchemy import text

from services.contracts.envelope import Event
from services.messaging.broker import EventMessage
from services.messaging.codec import Broken
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork

RETRY_DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600))
"""What passes by itself mostly does within a minute; the rest needs a person: no retry after an hour and a quarter."""
MOST_UNFINISHED = 20
"""After so many attempts in a row that ended with their process, a dead letter counts as the cause."""
LONGEST_ERROR = 2000

_INSERT = text(
    "INSERT INTO dead_letters (id, type, body, raw, error, attempts, begun, kept_at, retry_at)"
    " VALUES (:id, :type, :body, :raw, :error, :attempts, 0, :now, :retry_at)"
    " ON CONFLICT (id) DO UPDATE SET error = excluded.error, retry_at = excluded.retry_at, dropped_at = NULL,"
    " drop_reason = NULL WHERE dead_letters.dropped_at IS NOT NULL"
)
_BEGIN = text("UPDATE dead_letters SET begun = begun + 1, retry_at = :retry_at WHERE id = :id")
_UNDO_BEGIN = text("UPDATE dead_letters SET begun = greatest(begun - 1, 0), retry_at = :now WHERE id = :id")
_FAILED = text(
    "UPDATE dead_letters SET attempts = attempts + 1, begun = 0, retry_at = :retry_at, error = :error WHERE id = :id"
)
_DELETE = text("DELETE FROM dead_letters WHERE id = :id")
LEASE = timedelta(seconds=60)
"""When a dead letter is due again whose attempt ended with its process."""


class DueDeadLetter(NamedTuple):
    """A dead letter that is due: `raw` is one CloudEvent or a batch of them.

    `attempts` are those that failed; `unfinished` those in a row that began and have no outcome.
    """

    id: UUID
    type: str
    body: str
    original: bytes | None
    attempts: int
    unfinished: int

    @property
    def raw(self) -> bytes:
        """The bytes that arrived."""
        return raw_of(self.original, self.body)


class Counts(NamedTuple):
    """How many dead letters wait for a person, and how many are tried again automatically."""

    dead: int
    waiting: int


NEXT_DUE: Final = Query(
    DueDeadLetter,
    text(
        "SELECT id, type, body, raw AS original, attempts, begun AS unfinished FROM dead_letters WHERE retry_at <= :now"
        " ORDER BY retry_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"
    ),
)
COUNT: Final = Query(
    Counts,
    text(
        "SELECT count(*) FILTER (WHERE retry_at IS NULL) AS dead,"
        " count(*) FILTER (WHERE retry_at IS NOT NULL) AS waiting FROM dead_letters WHERE dropped_at IS NULL"
    ),
)


async def keep_broken(work: UnitOfWork, broken: Sequence[Broken], now: datetime) -> None:
    """Keep what can never be handled as it is: without a retry, since trying again would not help."""
    for item in broken:
        await _insert(work, _id_of(item.body), item.type, item.body, item.error, now, None)


async def keep_event(work: UnitOfWork, event: Event, error: Exception, now: datetime) -> None:
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


async def keep_apart(work: UnitOfWork, dead_letter: DueDeadLetter, bodies: Sequence[bytes], now: datetime) -> None:
    """Replace a batch by one dead letter for each of its events, due now: so the one that fails is found."""
    await remove(work, dead_letter.id)
    for body, due in zip(bodies, _one_after_another(len(bodies), now), strict=True):
        await _insert(work, _id_of(body), dead_letter.type, body, "tried apart from its batch", now, due)


def _one_after_another(count: int, now: datetime) -> list[datetime]:
    """So many times, all of them past, in ascending order."""
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


def storable(content: str) -> str:
    """PostgreSQL's text holds neither NUL nor half a surrogate pair; what is broken may have either."""
    return content.replace("\0", "\\u0000").encode(errors="backslashreplace").decode()


def _id_of(body: bytes) -> UUID:
    """UUID version 5 (RFC 9562) of the bytes."""
    return UUID(bytes=hashlib.sha1(NAMESPACE_OID.bytes + body, usedforsecurity=False).digest()[:16], version=5)


async def begin_next(work: UnitOfWork, now: datetime) -> DueDeadLetter | None:
    """The dead letter that is due first. Stores that its attempt has begun, which survives a crash once committed."""
    due = await work.first(NEXT_DUE, {"now": now})
    if due:
        await work.execute(_BEGIN, {"id": due.id, "retry_at": now + LEASE})
    return due


def raw_of(original: bytes | None, body: str) -> bytes:
    """The bytes that arrived, from the columns `raw` and `body`."""
    return body.encode() if original is None else original


async def undo_begin(work: UnitOfWork, dead_letter: DueDeadLetter, now: datetime) -> None:
    """Undo the beginning of an attempt that failed for a temporary condition."""
    await work.execute(_UNDO_BEGIN, {"id": dead_letter.id, "now": now})


async def remove(work: UnitOfWork, dead_letter_id: UUID) -> None:
    """Delete a dead letter that was handled."""
    await work.execute(_DELETE, {"id": dead_letter_id})


async def postpone(work: UnitOfWork, dead_letter: DueDeadLetter, error: Exception, now: datetime) -> None:
    """Store a failed attempt: the next one is due later, or there is no automatic one any more."""
    delay = RETRY_DELAYS[dead_letter.attempts] if dead_letter.attempts < len(RETRY_DELAYS) else None
    await _note_failure(work, dead_letter, repr(error), now + delay if delay else None)


async def give_up(work: UnitOfWork, dead_letter: DueDeadLetter, reason: str) -> None:
    """Store that trying again would not help: it waits for a person."""
    await _note_failure(work, dead_letter, reason, None)


async def _note_failure(work: UnitOfWork, dead_letter: DueDeadLetter, error: str, retry_at: datetime | None) -> None:
    values = {"id": dead_letter.id, "error": storable(error[:LONGEST_ERROR]), "retry_at": retry_at}
    await work.execute(_FAILED, values)


async def count(session: ReadSession) -> Counts:
    """How many there are of each."""
    return await session.one(COUNT)
