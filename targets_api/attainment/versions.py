"""A version of everything that progress is read from: it differs whenever an answer may differ.

The version is the sum of many small counters. A writer takes whichever counter is free, so that writers never wait for
each other here; a reader that sees the same sum as before may answer as before.
"""

from __future__ import annotations

from sqlalchemy import text

from services.persistence.unit_of_work import ReadSession, UnitOfWork

_NOTE = text(
    "UPDATE changes SET n = n + 1"
    " WHERE slot = (SELECT slot FROM changes ORDER BY slot FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING slot"
)
_NOTE_IN_TURN = text("UPDATE changes SET n = n + 1 WHERE slot = 0")
_VERSION = text("SELECT sum(n) FROM changes")


async def bump_version(work: UnitOfWork) -> None:
    """Say that this unit of work changes what is read. Call it after the last change of a use-case."""
    if (await work.execute(_NOTE)).first() is None:
        await work.execute(_NOTE_IN_TURN)


async def current_version(session: ReadSession) -> int:
    """The version as of now. Read it before what it stands for: then an answer is never older than its version."""
    return int((await session.execute(_VERSION)).scalar_one())
