"""Which sessions block which others in the database: for the log and the metrics."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from services.persistence.database import IDLE_TRANSACTION_SECONDS
from services.persistence.unit_of_work import ReadSession

_WAITS = text("""
    SELECT w.application_name AS waiting,
           CAST(extract(epoch FROM clock_timestamp() - w.query_start) AS float) AS for_seconds,
           b.pid AS holder_pid, b.application_name AS holder, b.state AS holder_state,
           CAST(extract(epoch FROM clock_timestamp() - b.xact_start) AS float) AS holder_seconds
    FROM pg_stat_activity w
    CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocking(pid)
    JOIN pg_stat_activity b ON b.pid = blocking.pid
    WHERE w.datname = current_database() AND w.wait_event_type = 'Lock'
      AND clock_timestamp() - w.query_start > interval '1 second'
    ORDER BY for_seconds DESC LIMIT 20
""")
_OLDEST = text("""
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
""")
_END_FROZEN = text("""
    WITH frozen AS MATERIALIZED (
        SELECT pid, application_name AS name,
               CAST(extract(epoch FROM clock_timestamp() - state_change) AS float) AS silent
        FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND application_name LIKE 'drive %'
          AND state = 'active' AND wait_event = 'ClientRead' AND xact_start IS NOT NULL
          AND clock_timestamp() - state_change > make_interval(secs => :seconds)
    )
    SELECT pid, name, silent FROM frozen WHERE pg_terminate_backend(pid)
""")


@dataclass(frozen=True, slots=True)
class LockWait:
    """A session that waits for a lock, and one that holds it up; both named as in pg_stat_activity."""

    waiting: str
    for_seconds: float
    holder_pid: int
    holder: str
    holder_state: str | None
    holder_seconds: float | None


async def waits(session: ReadSession) -> list[LockWait]:
    """Sessions of this database that wait for a lock for more than a second, with each of their blockers."""
    return [LockWait(**row._mapping) for row in await session.execute(_WAITS)]


async def end_frozen(session: ReadSession) -> list[tuple[int, str, float]]:
    """End own sessions whose process has stopped in the middle of a statement; returns pid, name, seconds of each.

    Between the messages of one statement (Parse, then Bind) neither statement_timeout nor
    idle_in_transaction_session_timeout counts, and PostgreSQL before version 17 has no other limit.
    """
    rows = await session.execute(_END_FROZEN, {"seconds": IDLE_TRANSACTION_SECONDS})
    return [(row.pid, row.name, row.silent) for row in rows]


async def oldest_transaction_seconds(session: ReadSession) -> float:
    """The age of the oldest open transaction in this database, other than this session's; 0 where there is none."""
    return float((await session.execute(_OLDEST)).scalar_one())
