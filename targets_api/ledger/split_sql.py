"""Statements that fold deltas into splits, and that bring the pairs of units into agreement with the tree."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from targets_api.tables.rollups import SUMS
from targets_api.tables.splits import COLUMN_OF

_COLUMNS: Final = ", ".join(SUMS)
_TOTALS: Final = ", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in SUMS)
"""As whole numbers, since they are summed again: the type that `sum` makes of them is slower to add."""
_ADDED: Final = ", ".join(f"{name} = r.{name} + excluded.{name}" for name in SUMS)
_SOME: Final = " OR ".join(f"sum({name}) <> 0" for name in SUMS)
_KEY: Final = "unit_code, scheme, day, organisation_code, channel, campaign_code"


def _rolled_up(pairs: str, tallies: str, sign: str) -> str:
    """Add `tallies` to the days and months of the units that are above by `pairs`, by each split."""
    signed = ", ".join(f"{sign}CAST(sum({name}) AS bigint) AS {name}" for name in SUMS)
    by_split = " UNION ALL ".join(
        f"SELECT unit_code, scheme, '{split}' AS split, {column} AS value, day, {_TOTALS} FROM {tallies} GROUP BY 1, 2, 4, 5"  # noqa: S608, E501 - our own words
        for split, column in COLUMN_OF.items()
    )
    return f"""
    split_days AS (
        SELECT p.ancestor_code AS unit_code, s.scheme, s.split, s.value, s.day, {signed}
        FROM ({by_split}) AS s JOIN {pairs} p USING (unit_code) GROUP BY 1, 2, 3, 4, 5
    ), split_sums AS (
        INSERT INTO split_rollups AS r (unit_code, scheme, split, span, begins_on, value, {_COLUMNS})
        SELECT unit_code, scheme, split, 'day', day, value, {_COLUMNS} FROM split_days
        UNION ALL
        SELECT unit_code, scheme, split, 'month', CAST(date_trunc('month', day) AS date), value, {_TOTALS}
        FROM split_days GROUP BY 1, 2, 3, 4, 5, 6
        ON CONFLICT (unit_code, scheme, split, span, begins_on, value) DO UPDATE SET {_ADDED}
    )"""  # noqa: S608 - our own words


FOLD: Final = text(f"""
    WITH gone AS (
        DELETE FROM split_deltas WHERE ctid = ANY(ARRAY(SELECT ctid FROM split_deltas LIMIT :limit)) RETURNING *
    ), own AS (
        SELECT {_KEY}, {_TOTALS} FROM gone GROUP BY {_KEY} HAVING {_SOME}
    ), own_sums AS (
        INSERT INTO split_tallies AS r ({_KEY}, {_COLUMNS}) SELECT {_KEY}, {_COLUMNS} FROM own
        ON CONFLICT ({_KEY}) DO UPDATE SET {_ADDED}
    ), {_rolled_up("split_pairs", "own", "+")}
    SELECT count(*) FROM gone
""")  # noqa: S608 - our own words
"""Deltas leave their table for the tallies of their units and the rollups above; returns how many they were."""

PAIR: Final = text(f"""
    WITH pairs AS (
        INSERT INTO split_pairs (ancestor_code, unit_code)
        SELECT ancestor_code, unit_code FROM unit_ancestors a
        WHERE depth > 0 AND NOT EXISTS (
            SELECT FROM split_pairs p WHERE p.ancestor_code = a.ancestor_code AND p.unit_code = a.unit_code
        )
        ORDER BY unit_code LIMIT :limit
        RETURNING ancestor_code, unit_code
    ), own AS MATERIALIZED (
        SELECT t.* FROM split_tallies t JOIN (SELECT DISTINCT unit_code FROM pairs) AS u USING (unit_code)
    ), {_rolled_up("pairs", "own", "+")}
    SELECT count(*) FROM pairs
""")  # noqa: S608 - our own words
"""Units get pairs with those above, and these their tallies; returns how many pairs they were."""

PART: Final = text(f"""
    WITH pairs AS (
        DELETE FROM split_pairs WHERE (ancestor_code, unit_code) IN (
            SELECT ancestor_code, unit_code FROM split_pairs p
            WHERE NOT EXISTS (
                SELECT FROM unit_ancestors a
                WHERE a.depth > 0 AND a.ancestor_code = p.ancestor_code AND a.unit_code = p.unit_code
            )
            ORDER BY unit_code LIMIT :limit
        )
        RETURNING ancestor_code, unit_code
    ), own AS MATERIALIZED (
        SELECT t.* FROM split_tallies t JOIN (SELECT DISTINCT unit_code FROM pairs) AS u USING (unit_code)
    ), {_rolled_up("pairs", "own", "-")}
    SELECT count(*) FROM pairs
""")  # noqa: S608 - our own words
"""Pairs with units that are above no more are dissolved, and these lose the tallies."""
