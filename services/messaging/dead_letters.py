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


class _New(NamedTuple):
    """A dead letter to be kept. `id` is the same for the same event or body: what comes again while it is kept is not
    kept twice."""

    id: UUID
    type: str
    body: bytes
    error: str
    retry_at: datetime | None
    attempts: int = 0

    def values(self) -> dict[str, object]:
        """What is stored of it."""
        shown = storable(self.body.decode(errors="backslashreplace"))
        return self._asdict() | {
            "type": storable(self.type),
            "body": shown,
            "raw": None if shown.encode() == self.body else self.body,
            "error": storable(self.error[:LONGEST_ERROR]),
        }


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


async def keep(
    work: UnitOfWork,
    now: datetime,
    *,
    failed: Sequence[tuple[Event, Exception]] = (),
    broken: Sequence[Broken] = (),
    messages: Sequence[tuple[EventMessage, str]] = (),
) -> None:
    """Keep events whose handling failed, to be tried again; what can never be handled as it is, without a retry; and
    whole messages, each with the reason, to be tried at once, in this order, each alone."""
    once_more = now + RETRY_DELAYS[0]
    times = _one_after_another(len(messages), now)
    letters = [
        *(_New(each.id, each.type, _body(each), repr(error), once_more, attempts=1) for each, error in failed),
        *(_New(_id_of(each.body), each.type, each.body, each.error, None) for each in broken),
        *(_New(_id_of(m.body), m.type, m.body, why, at) for (m, why), at in zip(messages, times, strict=True)),
    ]
    await _insert(work, letters, now)


async def keep_dead_message(work: UnitOfWork, message: EventMessage, reason: str, now: datetime) -> None:
    """Keep a whole message that the broker has given up on, for a person to decide."""
    await _insert(work, [_New(_id_of(message.body), message.type, message.body, reason, None)], now)


async def keep_apart(work: UnitOfWork, dead_letter: DueDeadLetter, bodies: Sequence[bytes], now: datetime) -> None:
    """Replace a batch by one dead letter for each of its events, due now: so the one that fails is found."""
    await remove(work, dead_letter.id)
    times = zip(bodies, _one_after_another(len(bodies), now), strict=True)
    why = "tried apart from its batch"
    await _insert(work, [_New(_id_of(body), dead_letter.type, body, why, at) for body, at in times], now)


def _one_after_another(count: int, now: datetime) -> list[datetime]:
    """So many times, all of them past, in ascending order."""
    return [now - timedelta(microseconds=count - place) for place in range(count)]


async def _insert(work: UnitOfWork, letters: Sequence[_New], now: datetime) -> None:
    """In the order of their ids, as a replay locks them: what is kept already is locked, too."""
    for letter in sorted(letters, key=lambda each: each.id):
        await work.execute(_INSERT, letter.values() | {"now": now})


def storable(content: str) -> str:
    """PostgreSQL's text holds neither NUL nor half a surrogate pair; what is broken may have either."""
    return content.replace("\0", "\\u0000").encode(errors="backslashreplace").decode()


def _body(event: Event) -> bytes:
    return event.model_dump_json().encode()


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
