"""The statement that folds deltas, which writes three tables at once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from targets_api.tables.rollups import SUMS

_COLUMNS: Final = ", ".join(SUMS)
_TOTALS: Final = ", ".join(f"sum({name}) AS {name}" for name in SUMS)
_ADDED: Final = ", ".join(f"{name} = r.{name} + excluded.{name}" for name in SUMS)


def _rolled_up(tree: str, code: str) -> str:
    return f"""
    {tree}_days AS (
        SELECT a.ancestor_code, g.scheme, g.day, {_TOTALS}
        FROM gone g JOIN {tree}_ancestors a USING ({code}) GROUP BY 1, 2, 3
    ), {tree}_sums AS (
        INSERT INTO {tree}_rollups AS r ({code}, scheme, span, begins_on, {_COLUMNS})
        SELECT ancestor_code, scheme, 'day', day, {_COLUMNS} FROM {tree}_days
        UNION ALL
        SELECT ancestor_code, scheme, 'month', CAST(date_trunc('month', day) AS date), {_TOTALS}
        FROM {tree}_days GROUP BY 1, 2, 3, 4
        ON CONFLICT ({code}, scheme, span, begins_on) DO UPDATE SET {_ADDED}
    )"""  # noqa: S608 - our own words


FOLD: Final = text(f"""
    WITH gone AS (
        DELETE FROM tally_deltas WHERE ctid = ANY(ARRAY(SELECT ctid FROM tally_deltas LIMIT :limit)) RETURNING *
    ), {_rolled_up("unit", "unit_code")}, {_rolled_up("organisation", "organisation_code")}
    SELECT n FROM (SELECT count(*) AS n FROM gone) AS folded
    WHERE set_config('drive.folds', 'amounts', true) = 'amounts'
""")  # noqa: S608 - our own words
"""Deltas leave their table and are added to the days and months of all that are above; returns how many they were. The
setting tells a trigger that amounts are added, too: a process of the version before adds the counts alone."""
