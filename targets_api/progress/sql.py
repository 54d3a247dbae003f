"""The statement that splits what was signed up in a unit and below it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ARRAY, Date, Text, TextClause, bindparam, text

from targets_api.tables.rollups import SUMS
from targets_api.tables.splits import COLUMN_OF, Split

_COLUMNS: Final = ", ".join(SUMS)
_TOTALS: Final = ", ".join(f"sum({name}) AS {name}" for name in SUMS)
_SIGNED: Final = ", ".join(f"p.sign * t.{name} AS {name}" for name in SUMS)
_SOME: Final = " OR ".join(f"sum({name}) <> 0" for name in SUMS)
_PARAMETERS: Final[tuple[Any, ...]] = (
    bindparam("code", type_=Text),
    bindparam("scheme", type_=Text),
    bindparam("since", type_=Date),
    bindparam("until", type_=Date),
    bindparam("spans", type_=ARRAY(Text)),
    bindparam("from_days", type_=ARRAY(Date)),
    bindparam("before_days", type_=ARRAY(Date)),
)


def _split_by(split: Split) -> TextClause:
    return text(f"""
        WITH pairs AS (
            SELECT unit_code, 1 AS sign FROM unit_ancestors a
            WHERE ancestor_code = :code AND NOT EXISTS (
                SELECT FROM split_pairs p WHERE p.ancestor_code = :code AND p.unit_code = a.unit_code
            )
            UNION ALL
            SELECT unit_code, -1 FROM split_pairs p
            WHERE ancestor_code = :code AND NOT EXISTS (
                SELECT FROM unit_ancestors a WHERE a.ancestor_code = :code AND a.unit_code = p.unit_code
            )
        ), found AS (
            SELECT r.value, {_COLUMNS}
            FROM unnest(:spans, :from_days, :before_days) AS s (span, since, before)
            JOIN split_rollups r ON r.unit_code = :code AND r.scheme = :scheme AND r.split = '{split}'
                AND r.span = s.span AND r.begins_on >= s.since AND r.begins_on < s.before
            UNION ALL
            SELECT t.{COLUMN_OF[split]}, {_SIGNED} FROM pairs p
            JOIN split_tallies t ON t.unit_code = p.unit_code AND t.scheme = :scheme
                AND t.day BETWEEN :since AND :until
            UNION ALL
            SELECT d.{COLUMN_OF[split]}, {_COLUMNS} FROM split_deltas d
            WHERE d.scheme = :scheme AND d.day BETWEEN :since AND :until AND EXISTS (
                SELECT FROM unit_ancestors a WHERE a.unit_code = d.unit_code AND a.ancestor_code = :code OFFSET 0
            )
        )
        SELECT value, {_TOTALS} FROM found GROUP BY value HAVING {_SOME}
    """).bindparams(*_PARAMETERS)  # noqa: S608 - our own words


SPLIT_BY_ORGANISATION: Final = _split_by("organisation")
SPLIT_BY_CHANNEL: Final = _split_by("channel")
SPLIT_BY_CAMPAIGN: Final = _split_by("campaign")
"""Rollups, tallies of units whose pairs do not agree with the tree, and deltas that are not folded yet."""
