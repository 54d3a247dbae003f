"""A version of everything that answers are computed from, and a log of which answers each change may concern.

The version is the sum of many small counters in the table `changes`. A writer takes whichever counter is free, so that
writers never wait for each other here; a reader that sees the same sum as before may answer as before. A unit
of work that wrote to one of the tables that count (`Schema.versioned`) bumps the version by itself.

In the same statement it appends to `change_log` what it touched (`UnitOfWork.touching`), with the number of its
transaction. A reader that keeps the snapshot of its last look finds what was committed since, in whatever order: rows
of transactions that the snapshot did not see. `logged` counts the bumps that are in the log; the difference to
the version is what processes of the version before did, which know of no log.

Beside the counters stands how fresh the answers are: `as_of`, the time of the newest event that was applied, and
`confirmed_at`, the time up to which a source has confirmed what it published. Each is the latest of all slots.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    Interval,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    column,
    delete,
    event,
    func,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.persistence.snapshots import TransactionNumber
from services.persistence.statements import Query
from services.persistence.storage_options import VACUUMED_BY_COUNT
from services.persistence.unit_of_work import ReadSession, Touched, UnitOfWork

VERSIONS: Final = "changes"
CHANGE_LOG: Final = "change_log"
KEPT: Final = timedelta(hours=1)
"""How long the log reaches back. A transaction lasts a minute at most, by the limits of `database`."""
EVERYTHING: Final = Touched("everything", None, ())
"""What is logged of a change that is not known to concern some answers alone."""

_BUMP = text(
    """
    WITH free AS (SELECT slot FROM changes ORDER BY slot FOR UPDATE SKIP LOCKED LIMIT 1),
    counted AS (
        UPDATE changes SET n = n + 1, logged = logged + 1, as_of = greatest(as_of, CAST(:as_of AS timestamptz))
        WHERE slot = coalesce((SELECT slot FROM free), 0)
    )
    INSERT INTO change_log (kind, scheme, codes)
    SELECT kind, scheme, array_agg(code)
    FROM unnest(CAST(:kinds AS text[]), CAST(:schemes AS text[]), CAST(:codes AS text[])) AS each (kind, scheme, code)
    GROUP BY kind, scheme
    """
)
"""The first slot where none is free: then it waits."""
_CONFIRM = text(
    "UPDATE changes SET confirmed_at = greatest(confirmed_at, CAST(:at AS timestamptz)) WHERE slot = 0 RETURNING slot"
)


class Version(NamedTuple):
    """The version, how much of it is not in the log, the time of the newest event that was applied, and that up to
    which the source has confirmed."""

    number: int
    unlogged: int
    as_of: datetime | None
    confirmed_at: datetime | None


_log = table(CHANGE_LOG, column("at", DateTime(timezone=True)))


_changes = table(VERSIONS, column("n"), column("logged"), column("as_of"), column("confirmed_at")).c
STATEMENT: Final = select(
    cast(func.sum(_changes.n), BigInteger).label("number"),
    cast(func.sum(_changes.n) - func.sum(_changes.logged), BigInteger).label("unlogged"),
    func.max(_changes.as_of).label("as_of"),
    func.max(_changes.confirmed_at).label("confirmed_at"),
)
"""Columns may be added to it: the version is asked for before each answer, and a statement costs more than a column."""
PRUNE: Final = delete(_log).where(_log.c.at < func.now() - bindparam("kept", type_=Interval))
CURRENT: Final = Query(Version, STATEMENT)


def add_version_table(metadata: MetaData) -> None:
    """Describe the 64 counters and the log in a service's own metadata. The fillfactor leaves space beside each
    counter for its next versions."""
    counters = Table(
        VERSIONS,
        metadata,
        Column("slot", Integer, primary_key=True, autoincrement=False),
        Column("n", BigInteger, nullable=False),
        Column("as_of", DateTime(timezone=True)),
        Column("confirmed_at", DateTime(timezone=True)),
        Column("logged", BigInteger, nullable=False, server_default=text("0")),
        postgresql_with={"fillfactor": "10"},
    )
    fill = DDL("INSERT INTO changes (slot, n) SELECT slot, 0 FROM generate_series(0, 63) slot")  # type: ignore[no-untyped-call]
    event.listen(counters, "after_create", fill)
    Table(
        CHANGE_LOG,
        metadata,
        Column("xid", TransactionNumber(), nullable=False, server_default=text("pg_current_xact_id()")),
        Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("kind", Text, nullable=False),
        Column("scheme", Text),
        Column("codes", ARRAY(Text), nullable=False),
        Index("ix_change_log_xid", "xid"),
        postgresql_with=VACUUMED_BY_COUNT,
    )


async def bump(work: UnitOfWork, touched: Iterable[Touched] = (EVERYTHING,)) -> None:
    """Count one more change, and log what it touched. It is the last lock that a unit of work takes."""
    rows = sorted({(each.kind, each.scheme, code) for each in touched for code in each.codes or ("",)}, key=str)
    kinds, schemes, codes = ([row[place] for row in rows] for place in range(3))
    values = {"kinds": kinds, "schemes": schemes, "codes": codes, "as_of": work.applied_until}
    await work.execute(_BUMP, values)


async def bump_by_itself(work: UnitOfWork, versioned: frozenset[str], beside_figures: frozenset[str]) -> None:
    """Bump the version where the unit of work changed one of these tables, or says that answers have changed."""
    if versioned.isdisjoint(work.written) and not work.has_changed_answers:
        return
    unexplained = work.written_unexplained & (versioned - beside_figures)
    await bump(work, (EVERYTHING,) if unexplained else work.touched)


async def prune(work: UnitOfWork) -> None:
    """Delete what is older than the log reaches back."""
    await work.execute(PRUNE, {"kept": KEPT})


async def confirm(work: UnitOfWork, at: datetime) -> None:
    """The source has said what it had published up to this time, and it was compared. This alone changes no answer."""
    await work.execute(_CONFIRM, {"at": at})


async def current_version(session: ReadSession) -> Version:
    """The version as of now. Read it before what it stands for: then an answer is never older than its version."""
    return await session.one(CURRENT)
