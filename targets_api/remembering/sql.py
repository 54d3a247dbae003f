"""Statements on the log of changes."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

CHANGED_SINCE: Final = text(
    """
    WITH changed AS MATERIALIZED (
        SELECT kind, scheme, codes FROM change_log
        WHERE xid >= pg_snapshot_xmin(CAST(CAST(:since AS text) AS pg_snapshot))
          AND NOT pg_visible_in_snapshot(xid, CAST(CAST(:since AS text) AS pg_snapshot))
    ), touched AS MATERIALIZED (
        SELECT DISTINCT kind, scheme, code FROM changed, unnest(codes) AS code
    )
    SELECT DISTINCT kind, scheme, upper(coalesce(ancestor_code, code)) AS code
    FROM touched LEFT JOIN LATERAL (
        SELECT ancestor_code FROM unit_ancestors WHERE kind = 'unit' AND unit_code = code
        UNION ALL
        SELECT ancestor_code FROM organisation_ancestors WHERE kind = 'organisation' AND organisation_code = code
    ) AS above ON true
    """
)
"""What was touched by transactions that the snapshot did not see, in whatever order they were committed, and what is
above that."""
