"""A version of everything that answers are computed from: it differs whenever an answer may differ.

The version is the sum of many small counters in the table `changes`. A writer takes whichever counter is free, so that
writers never wait for each other here; a reader that sees the same sum as before may answer as before. A unit
of work that wrote to one of the tables that count (`Schema.versioned`) bumps the version by itself.

Beside the counters stands how fresh the answers are: `as_of`, the time of the newest event that was applied, and
`confirmed_at`, the time up to which a source has confirmed what it published. Each is the latest of all slots.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    cast,
    column,
    event,
    func,
    select,
    table,
    text,
)

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork

VERSIONS: Final = "changes"

_BUMP = text(
    "UPDATE changes SET n = n + 1, as_of = greatest(as_of, CAST(:as_of AS timestamptz))"
    " WHERE slot = (SELECT slot FROM changes ORDER BY slot FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING slot"
)
_BUMP_FIRST = text("UPDATE changes SET n = n + 1, as_of = greatest(as_of, CAST(:as_of AS timestamptz)) WHERE slot = 0")
_CONFIRM = text(
    "UPDATE changes SET confirmed_at = greatest(confirmed_at, CAST(:at AS timestamptz)) WHERE slot = 0 RETURNING slot"
)


class Version(NamedTuple):
    """The version, the time of the newest event that was applied, and that up to which the source has confirmed."""

    number: int
    as_of: datetime | None
    confirmed_at: datetime | None


_changes = table(VERSIONS, column("n"), column("as_of"), column("confirmed_at")).c
STATEMENT: Final = select(
    cast(func.sum(_changes.n), BigInteger).label("number"),
    func.max(_changes.as_of).label("as_of"),
    func.max(_changes.confirmed_at).label("confirmed_at"),
)
"""Columns may be added to it: the version is asked for before each answer, and a statement costs more than a column."""
CURRENT: Final = Query(Version, STATEMENT)


def add_version_table(metadata: MetaData) -> None:
    """Describe the 64 counters in a service's own metadata. The fillfactor leaves space beside each for its next
    versions."""
    counters = Table(
        VERSIONS,
        metadata,
        Column("slot", Integer, primary_key=True, autoincrement=False),
        Column("n", BigInteger, nullable=False),
        Column("as_of", DateTime(timezone=True)),
        Column("confirmed_at", DateTime(timezone=True)),
        postgresql_with={"fillfactor": "10"},
    )
    fill = DDL("INSERT INTO changes (slot, n) SELECT slot, 0 FROM generate_series(0, 63) slot")  # type: ignore[no-untyped-call]
    event.listen(counters, "after_create", fill)


async def bump(work: UnitOfWork) -> None:
    """Count one more change. It is the last lock that a unit of work takes."""
    values = {"as_of": work.applied_until}
    if (await work.execute(_BUMP, values)).first() is None:
        await work.execute(_BUMP_FIRST, values)


async def confirm(work: UnitOfWork, at: datetime) -> None:
    """The source has said what it had published up to this time, and it was compared. This alone changes no answer."""
    await work.execute(_CONFIRM, {"at": at})


async def current_version(session: ReadSession) -> Version:
    """The version as of now. Read it before what it stands for: then an answer is never older than its version."""
    return await session.one(CURRENT)
