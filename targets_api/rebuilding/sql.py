"""What differs from what it is drawn from: tallies from the ledger, and rollups from the tallies.

Each is one statement, and so true of one moment: counting and folding write both sides in one transaction.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import TextClause, text

from targets_api.tables.rollups import SUMS

_KEY: Final = "unit_code, scheme, day, kind, organisation_code, collector_code"
_OF_TALLY: Final = ("n", "cancelled", "amount", "with_amount")
_BOTH: Final = ", ".join(
    f"coalesce(l.{name}, 0) AS {name}_counted, coalesce(t.{name}, 0) AS {name}_kept" for name in _OF_TALLY
)
_IS_PAID: Final = "NOT cancelled AND details_version = version"
TALLIES: Final = text(f"""
    SELECT {_KEY}, {_BOTH}
    FROM (SELECT unit_code, scheme, signed_on AS day, kind, organisation_code, collector_code,
                 count(*) FILTER (WHERE NOT cancelled) AS n, count(*) FILTER (WHERE cancelled) AS cancelled,
                 CAST(sum(amount_paid) FILTER (WHERE {_IS_PAID}) AS bigint) AS amount,
                 count(*) FILTER (WHERE {_IS_PAID}) AS with_amount
          FROM ledger GROUP BY 1, 2, 3, 4, 5, 6) AS l
    FULL JOIN tallies t USING ({_KEY})
    WHERE {" OR ".join(f"coalesce(l.{name}, 0) <> coalesce(t.{name}, 0)" for name in _OF_TALLY)}
    ORDER BY {_KEY}
""")  # noqa: S608 - our own words
"""What the ledger counts, and what the tally has."""
_BY_KIND: Final = (
    ", ".join(
        f"CASE WHEN kind = '{kind}' THEN {count} ELSE 0 END AS {count}_{kind}"
        for count in ("n", "cancelled", "amount")
        for kind in ("new", "renewal")
    )
    + ", with_amount"
)
_TOTALS: Final = ", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in SUMS)
_NEGATED: Final = ", ".join(f"-{name}" for name in SUMS)
_COLUMNS: Final = ", ".join(SUMS)
_MISSING: Final = ", ".join(f"coalesce(w.{name}, 0) - coalesce(r.{name}, 0) AS {name}" for name in SUMS)
_SOME: Final = " OR ".join(f"coalesce(w.{name}, 0) <> coalesce(r.{name}, 0)" for name in SUMS)


def rollups(tree: str) -> TextClause:
    """What the days and months of a tree lack (or have too much, where it is negative): tallies at or below each node,
    but for what is not folded yet, less what is rolled up."""
    code = f"{tree}_code"
    return text(f"""
        WITH own AS (
            SELECT {code}, scheme, day, {_TOTALS} FROM (
                SELECT {code}, scheme, day, {_BY_KIND} FROM tallies
                UNION ALL SELECT {code}, scheme, day, {_NEGATED} FROM tally_deltas
            ) AS folded GROUP BY 1, 2, 3
        ), by_day AS (
            SELECT a.ancestor_code AS code, own.scheme, own.day, {_TOTALS}
            FROM own JOIN {tree}_ancestors a USING ({code}) GROUP BY 1, 2, 3
        ), wanted AS (
            SELECT code, scheme, 'day' AS span, day AS begins_on, {_COLUMNS} FROM by_day
            UNION ALL
            SELECT code, scheme, 'month', CAST(date_trunc('month', day) AS date), {_TOTALS}
            FROM by_day GROUP BY 1, 2, 3, 4
        )
        SELECT code, scheme, span, begins_on, {_MISSING}
        FROM wanted w
        FULL JOIN (SELECT {code} AS code, scheme, span, begins_on, {_COLUMNS} FROM {tree}_rollups) AS r
            USING (code, scheme, span, begins_on)
        WHERE {_SOME}
        ORDER BY code, scheme, span, begins_on
    """)  # noqa: S608 - our own words
