"""Totals of facts by day, kept up without counting and without a row that two writers would wait for.

Every statement that changes the sign-ups' table appends a row per day to `fact_day_deltas`, by trigger: so the figures
follow whatever changes the facts, a person's DELETE included. From time to time the deltas are folded into `fact_days`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import text

from services.contracts.reconciliation import RegistryKind
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession
from services.reconciliation.comparison import Total

_DELTAS_PER_FOLD: Final = 50_000
_LOCK: Final = 0x666F6C64  # "fold"
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
_FOLD = text("""
    WITH gone AS (
        DELETE FROM fact_day_deltas WHERE ctid = ANY(ARRAY(SELECT ctid FROM fact_day_deltas LIMIT :limit))
        RETURNING day, n, checksum
    ), folded AS (
        INSERT INTO fact_days (day, n, checksum)
        SELECT day, sum(n), sum(checksum) FROM gone GROUP BY day ORDER BY day
        ON CONFLICT (day) DO UPDATE
        SET n = fact_days.n + excluded.n, checksum = fact_days.checksum + excluded.checksum
    )
    SELECT count(*) FROM gone
""")
_BY_DAY = text("""
    SELECT day, CAST(sum(n) AS bigint) AS n, CAST(mod(sum(checksum), 9223372036854775808) AS bigint) AS checksum
    FROM (SELECT * FROM fact_days UNION ALL SELECT * FROM fact_day_deltas) AS f
    WHERE day >= :from_day AND day < :until_day
    GROUP BY day HAVING sum(n) <> 0 ORDER BY day
""")
REGISTRY_TABLES: Final[dict[RegistryKind, str]] = {
    "unit": "units",
    "organisation": "organisations",
    "collector": "collectors",
}
"""The same in the database of enrolment, which keeps the registry, and in those of its listeners."""
_ENTRIES = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, count(*) AS n, CAST(mod(coalesce(sum("  # noqa: S608 - our own words
    f"CAST(CAST('x' || left(md5(code || ' ' || version), 15) AS bit(60)) AS bigint)), 0),"
    f" 9223372036854775808) AS bigint) AS checksum FROM {table}"
    for kind, table in REGISTRY_TABLES.items()
)
_REGISTRY = text(_ENTRIES)


async def fold(database: Database) -> None:
    """Add the deltas to the totals. Where another process is at it, leave it to that one."""
    while True:
        async with database.write() as work:
            if not (await work.execute(_TRY_LOCK, {"key": _LOCK})).scalar_one():
                return
            folded = (await work.execute(_FOLD, {"limit": _DELTAS_PER_FOLD})).scalar_one()
        if folded < _DELTAS_PER_FOLD:
            return


async def by_day(
    session: ReadSession, from_day: date | None = None, until_day: date | None = None
) -> dict[date, Total]:
    """The total of each day from the one to before the other that has facts; its cost grows with days, not with facts.

    The statement takes one snapshot of totals and deltas, so a fold beside it neither hides nor doubles anything.
    """
    wanted = {"from_day": from_day or date.min, "until_day": until_day or date.max}
    rows = await session.execute(_BY_DAY, wanted)
    return {row.day: Total(row.n, row.checksum) for row in rows}


async def of_registry(session: ReadSession) -> dict[str, Total]:
    """The total of each kind of registry entry, counted: registries are small."""
    return {row.kind: Total(row.n, row.checksum) for row in await session.execute(_REGISTRY)}
