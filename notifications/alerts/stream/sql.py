"""Statements on what has changed with alerts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, text

from services.persistence.documents import list_in
from services.persistence.snapshots import NOW

STATE: Final = select(
    *NOW,
    text(
        """
        hashtextextended(concat(
            (SELECT string_agg(CAST(to_jsonb(s) AS text), ',' ORDER BY s.name) FROM silences AS s
             WHERE s.ended_at IS NULL AND s.starts_at <= CAST(:at AS timestamptz)
               AND s.ends_at > CAST(:at AS timestamptz)),
            '/',
            (SELECT string_agg(i.under, ',' ORDER BY i.under) FROM inhibitions AS i),
            '/',
            (SELECT concat(count(*), ',', sum(o.version)) FROM organisations AS o)
        ), 0) AS beside
        """
    ),
)
"""`beside` stands for the silences that are active at that time, for the inhibitions, and for what organisations are
called."""

CHANGED_SINCE: Final = text(
    f"""
    WITH since AS (SELECT CAST(CAST(:since AS text) AS pg_snapshot) AS snapshot),
    entries AS MATERIALIZED (
        SELECT alert_id, kind FROM alert_timeline
        WHERE xid IS NOT NULL AND xid >= pg_snapshot_xmin((SELECT snapshot FROM since))
          AND xid < pg_snapshot_xmax(pg_current_snapshot())
          AND NOT pg_visible_in_snapshot(xid, (SELECT snapshot FROM since))
    ), departures AS MATERIALIZED (
        SELECT alert_id, units, organisations FROM alert_departures
        WHERE xid >= pg_snapshot_xmin((SELECT snapshot FROM since))
          AND xid < pg_snapshot_xmax(pg_current_snapshot())
          AND NOT pg_visible_in_snapshot(xid, (SELECT snapshot FROM since))
    ), lags AS MATERIALIZED (
        SELECT DISTINCT a.subject ->> 'unit_code' AS code, a.scheme
        FROM entries AS e JOIN alerts AS a ON a.id = e.alert_id
        WHERE e.kind IN ('raised', 'worsened', 'resolved', 'reopened') AND a.subject ->> 'unit_code' IS NOT NULL
          AND a.subject ->> 'organisation_code' IS NULL AND a.subject ->> 'collector_code' IS NULL
          AND EXISTS (SELECT FROM inhibitions)
    ), changed AS (
        SELECT alert_id FROM entries
        UNION
        SELECT a.id FROM lags JOIN alerts AS a ON a.path @> to_jsonb(lags.code) AND a.scheme = lags.scheme
        WHERE a.status <> 'resolved'
    )
    SELECT a.id, a.scheme, a.target_id, a.subject ->> 'collector_code' AS collector_code,
        ARRAY(SELECT jsonb_array_elements_text({list_in("a.path")})
              UNION SELECT unnest(d.units) FROM departures AS d WHERE d.alert_id = a.id) AS units,
        ARRAY(SELECT o.organisation_code FROM alert_owners AS o WHERE o.alert_id = a.id
              UNION SELECT unnest(d.organisations) FROM departures AS d WHERE d.alert_id = a.id) AS organisations
    FROM changed JOIN alerts AS a ON a.id = changed.alert_id
    """  # noqa: S608 - constants only
)
"""Alerts with entries of transactions that the snapshot did not see, in whatever order they were committed, and those
below them that may be inhibited by them, or not any more; with the units and organisations that they have, or had until
then. Of a database that was restored from a dump, entries may have numbers that are still to come."""
