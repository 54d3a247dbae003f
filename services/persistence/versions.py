"""A version of everything that answers are computed from: it differs whenever an answer may differ.

The version is the sum of many small counters in the table `changes`. A writer takes whichever counter is free, so that
writers never wait for each other here; a reader that sees the same sum as before may answer as before. A unit
of work that wrote to one of the tables that count (`Schema.versioned`) bumps the version by itself.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Integer, MetaData, Table, event, text

from services.persistence.unit_of_work import ReadSession, UnitOfWork

VERSIONS: Final = "changes"

_BUMP = text(
    "UPDATE changes SET n = n + 1"
    " WHERE slot = (SELECT slot FROM changes ORDER BY slot FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING slot"
)
_BUMP_FIRST = text("UPDATE changes SET n = n + 1 WHERE slot = 0")
_CURRENT = text("SELECT CAST(sum(n) AS bigint) FROM changes")


def add_version_table(metadata: MetaData) -> None:
    """Describe the 64 counters in a service's own metadata. The fillfactor leaves space beside each for its next
    versions."""
    table = Table(
        VERSIONS,
        metadata,
        Column("slot", Integer, primary_key=True, autoincrement=False),
        Column("n", BigInteger, nullable=False),
        postgresql_with={"fillfactor": "10"},
    )
    fill = DDL("INSERT INTO changes SELECT slot, 0 FROM generate_series(0, 63) slot")  # type: ignore[no-untyped-call]
    event.listen(table, "after_create", fill)


async def bump(work: UnitOfWork) -> None:
    """Count one more change. It is the last lock that a unit of work takes."""
    if (await work.execute(_BUMP)).first() is None:
        await work.execute(_BUMP_FIRST)


async def current_version(session: ReadSession) -> int:
    """The version as of now. Read it before what it stands for: then an answer is never older than its version."""
    return int((await session.execute(_CURRENT)).scalar_one())
