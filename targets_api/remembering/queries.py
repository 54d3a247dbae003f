"""What has changed since a process looked last."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from services.persistence.snapshots import NOW
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.versions import STATEMENT
from services.vocabulary import Scheme
from targets_api.remembering.sql import CHANGED_SINCE
from targets_api.remembering.waiting import ANY_WAITS


class State(NamedTuple):
    """The version of what answers are computed from; `unlogged`: how much of it the log does not tell. `waits`: whether
    there are events that `waiting_events` finds. `snapshot`: which transactions were committed by `at`, on the server
    that was started at `server`."""

    number: int
    unlogged: int
    as_of: datetime | None
    confirmed_at: datetime | None
    waits: bool
    snapshot: str
    server: datetime
    at: datetime


class Change(NamedTuple):
    """A node at which something has changed, or below it."""

    kind: str
    scheme: Scheme | None
    code: str


STATE: Final = Query(
    State,
    STATEMENT.add_columns(
        ANY_WAITS.label("waits"),
        *NOW,
    ),
)
"""One statement, since it is run before each answer, also where that is remembered."""
CHANGED: Final = Query(Change, CHANGED_SINCE)


async def current_state(session: ReadSession) -> State:
    """The state as of now. Read it before what it stands for: then an answer is never older than its state."""
    return await session.one(STATE)


async def changes_since(session: ReadSession, snapshot: str) -> list[Change]:
    """What was logged since that snapshot."""
    return await session.all(CHANGED, {"since": snapshot})
