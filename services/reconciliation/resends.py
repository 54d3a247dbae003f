"""What listeners asked to be published again: stored as rows, and published page by page, each in a unit of work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import structlog
from sqlalchemy import text

from services.contracts.envelope import Event
from services.messaging.outbox import emit
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork

log = structlog.get_logger(__name__)

EVENTS_PER_PAGE: Final = 1000
MOST_WAITING: Final = 5000
"""Events that wait for the broker: with more, resending pauses, so that new events do not wait behind it for long."""

_ASK = text("""
    INSERT INTO resends (kind, key, sent, asked_at, asked_by, correlation_id)
    SELECT kind, key, 0, :now, source, correlation_id
    FROM unnest(CAST(:kinds AS text[]), CAST(:keys AS text[]), CAST(:sources AS text[]),
        CAST(:correlation_ids AS text[])) AS asked (kind, key, source, correlation_id)
    ORDER BY kind, key
    ON CONFLICT DO NOTHING
""")
_ADVANCE = text("UPDATE resends SET after = :after, sent = :sent WHERE kind = :kind AND key = :key")
_DONE = text("DELETE FROM resends WHERE kind = :kind AND key = :key")
_WAITING = text("SELECT count(*) FROM (SELECT FROM outbox LIMIT :limit) AS waiting")


@dataclass(frozen=True, slots=True)
class Resend:
    """Something to be published again, and after which of its parts to go on."""

    kind: str
    key: str
    after: str | None
    sent: int
    asked_by: str
    correlation_id: str


NEXT: Final = Query(
    Resend,
    text(
        "SELECT kind, key, after, sent, asked_by, correlation_id FROM resends"
        " ORDER BY asked_at, kind, key LIMIT 1 FOR UPDATE SKIP LOCKED"
    ),
)


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events to be published again. `after` is where the next page begins, None where there is none."""

    events: Sequence[Event]
    after: str | None


ReadPage: TypeAlias = Callable[[ReadSession, Resend, int], Awaitable[EventPage]]
"""Reads up to so many events of what is to be published again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that a source asks for, because of which request."""

    kind: str
    key: str
    source: str
    correlation_id: str


async def ask(work: UnitOfWork, asked: Sequence[Asked], now: datetime) -> None:
    """Note what is to be published again; what is noted already is under way.

    All that a unit of work notes belongs into one call: it is inserted in the order of its keys, so that no two block
    each other.
    """
    if asked:
        columns = {
            "kinds": [each.kind for each in asked],
            "keys": [each.key for each in asked],
            "sources": [each.source for each in asked],
            "correlation_ids": [each.correlation_id for each in asked],
        }
        await work.execute(_ASK, {**columns, "now": now})


async def publish_all(database: Database, metrics: Metrics, read_page: ReadPage) -> None:
    """Publish page after page, until nothing is left or too much waits for the broker."""
    while True:
        async with database.write() as work:
            waiting = (await work.execute(_WAITING, {"limit": MOST_WAITING})).scalar_one()
            if waiting >= MOST_WAITING or (resend := await work.first(NEXT)) is None:
                return
            await _send_page(work, resend, metrics, read_page)


async def _send_page(work: UnitOfWork, resend: Resend, metrics: Metrics, read_page: ReadPage) -> None:
    page = await read_page(work, resend, EVENTS_PER_PAGE)
    await emit(work, page.events)
    which, sent = {"kind": resend.kind, "key": resend.key}, resend.sent + len(page.events)
    if page.after is None:
        await work.execute(_DONE, which)
        work.after_commit(lambda: log.info("events_resent", **which, count=sent, asked_by=resend.asked_by))
    else:
        await work.execute(_ADVANCE, {**which, "after": page.after, "sent": sent})
    work.after_commit(lambda: note_resent(metrics, page.events))


def note_resent(metrics: Metrics, events: Sequence[Event]) -> None:
    """Count them."""
    for event_type, number in Counter(event.type for event in events).items():
        metrics.resent.labels(event_type).inc(number)
