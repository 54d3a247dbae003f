"""What differs from what it is drawn from: tallies from the ledger, and rollups from the tallies; so, too, those by
which sign-ups are split, and the totals of days.

Each is one statement, and so true of one moment: counting and folding write both sides in one transaction.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import TextClause, text

from targets_api.tables.rollups import SUMS
from targets_api.tables.splits import COLUMN_OF

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


def placed(tree: str) -> TextClause:
    """A number that tells whether any node of the tree was given another place in between, and be it the one before."""
    pair = f"concat_ws(' ', {tree}_code, ancestor_code, xmin)"
    return text(f"SELECT coalesce(sum(hashtextextended({pair}, 0)), 0) FROM {tree}_ancestors")  # noqa: S608 - our own words


_SPLIT_KEY: Final = "unit_code, scheme, day, organisation_code, channel, campaign_code"
_IS_KNOWN: Final = "coalesce(details_version = version, false)"
_DETAILS: Final = ", ".join(
    f"CASE WHEN {_IS_KNOWN} THEN coalesce({name}, '') ELSE '' END AS {name}" for name in ("channel", "campaign_code")
)
_OF_ENTRY: Final = ", ".join(
    f"CASE WHEN kind = '{kind}' AND {which} THEN {of} ELSE 0 END AS {name}_{kind}"
    for name, which, of in (
        ("n", "NOT cancelled", "1"),
        ("cancelled", "cancelled", "1"),
        ("amount", f"NOT cancelled AND {_IS_KNOWN}", "amount_paid"),
    )
    for kind in ("new", "renewal")
)
SPLIT_TALLIES: Final = text(f"""
    SELECT {_SPLIT_KEY}, {_MISSING}
    FROM (SELECT {_SPLIT_KEY}, {_TOTALS} FROM (
              SELECT unit_code, scheme, signed_on AS day, organisation_code, {_DETAILS}, {_OF_ENTRY},
                     CASE WHEN NOT cancelled AND {_IS_KNOWN} THEN 1 ELSE 0 END AS with_amount FROM ledger
              UNION ALL SELECT {_SPLIT_KEY}, {_NEGATED} FROM split_deltas
          ) AS folded GROUP BY {_SPLIT_KEY}) AS w
    FULL JOIN split_tallies r USING ({_SPLIT_KEY})
    WHERE {_SOME}
    ORDER BY {_SPLIT_KEY}
""")  # noqa: S608 - our own words
"""What the tallies of splits lack of the ledger, but for what is not folded yet."""
_ROLLUP_KEY: Final = "unit_code, scheme, split, span, begins_on, value"
_BY_SPLIT: Final = " UNION ALL ".join(
    f"SELECT unit_code, scheme, '{split}' AS split, {column} AS value, day, {_TOTALS} FROM split_tallies GROUP BY 1, 2, 4, 5"  # noqa: S608, E501 - our own words
    for split, column in COLUMN_OF.items()
)
SPLIT_ROLLUPS: Final = text(f"""
    WITH by_day AS (
        SELECT p.ancestor_code AS unit_code, s.scheme, s.split, s.value, s.day, {_TOTALS}
        FROM ({_BY_SPLIT}) AS s JOIN split_pairs p USING (unit_code) GROUP BY 1, 2, 3, 4, 5
    ), wanted AS (
        SELECT unit_code, scheme, split, 'day' AS span, day AS begins_on, value, {_COLUMNS} FROM by_day
        UNION ALL
        SELECT unit_code, scheme, split, 'month', CAST(date_trunc('month', day) AS date), value, {_TOTALS}
        FROM by_day GROUP BY 1, 2, 3, 5, 6
    )
    SELECT {_ROLLUP_KEY}, {_MISSING}
    FROM wanted w FULL JOIN split_rollups r USING ({_ROLLUP_KEY})
    WHERE {_SOME}
    ORDER BY {_ROLLUP_KEY}
""")  # noqa: S608 - our own words
"""What the rollups of splits lack of the tallies of the units that have a pair with theirs."""
DAYS: Final = text("""
    SELECT day, coalesce(l.n, 0) - coalesce(f.n, 0) AS n, coalesce(l.checksum, 0) - coalesce(f.checksum, 0) AS checksum
    FROM (SELECT signed_on AS day, count(*) AS n, sum(checksum) AS checksum
          FROM ledger WHERE checksum IS NOT NULL GROUP BY 1) AS l
    FULL JOIN (SELECT day, CAST(sum(n) AS bigint) AS n, sum(checksum) AS checksum
               FROM (SELECT * FROM fact_days UNION ALL SELECT * FROM fact_day_deltas) AS told GROUP BY 1) AS f
        USING (day)
    WHERE coalesce(l.n, 0) <> coalesce(f.n, 0) OR coalesce(l.checksum, 0) <> coalesce(f.checksum, 0)
    ORDER BY day
""")
"""What the totals of days, by which services compare, lack of the ledger."""
