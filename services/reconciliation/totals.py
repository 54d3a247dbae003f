"""Totals of facts by day, kept up without counting and without a row that two writers would wait for.

Every statement that changes the sign-ups' table appends a row per day to `fact_day_deltas`, by trigger: so the figures
follow whatever changes the facts, a person's DELETE included. From time to time the deltas are folded into `fact_days`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    FromClause,
    Select,
    Text,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import BIT

from services.contracts.checksums import MODULUS
from services.persistence import locks
from services.persistence.database import Database
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.reconciliation.comparison import Total
from services.vocabulary import RegistryKind

_DELTAS_PER_FOLD: Final = 50_000
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


class _DayTotal(NamedTuple):
    day: date
    n: int
    checksum: int


class _KindTotal(NamedTuple):
    kind: str
    n: int
    checksum: int


BY_DAY: Final = Query(_DayTotal, _BY_DAY)
RegistryTotals: TypeAlias = Query[_KindTotal]


def registry_totals(tables: Mapping[RegistryKind, FromClause]) -> RegistryTotals:
    """The query for the totals of a registry that is stored in these tables: the source's, or a listener's copy."""
    return Query(_KindTotal, union_all(*(_entries(kind, table) for kind, table in tables.items())))


def _entries(kind: RegistryKind, table: FromClause) -> Select[str, int, int]:
    """60 bits of the MD5 of code and version, summed modulo 2^63."""
    digest = func.left(func.md5(table.c.code.concat(" ").concat(cast(table.c.version, Text))), 15)
    number = cast(cast(literal("x").concat(digest), BIT(60)), BigInteger)
    checksum = cast(func.mod(func.coalesce(func.sum(number), 0), literal_column(str(MODULUS))), BigInteger)
    return select(literal(kind).label("kind"), func.count().label("n"), checksum.label("checksum")).select_from(table)


async def fold(database: Database) -> None:
    """Add the deltas to the totals. Where another process is at it, leave it to that one."""
    while True:
        async with database.write() as work:
            if not await locks.try_take(work, locks.FOLD):
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
    return {row.day: Total(row.n, row.checksum) for row in await session.all(BY_DAY, wanted)}


async def of_registry(session: ReadSession, query: RegistryTotals) -> dict[str, Total]:
    """The total of each kind of registry entry, counted: registries are small."""
    return {row.kind: Total(row.n, row.checksum) for row in await session.all(query)}
