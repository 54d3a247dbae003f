"""What a digest says of alerts; SQLAlchemy Core would hide grouping sets and arrays.

`under` NULL: of all alerts. Each is planned for what it is asked (ADR 73): then a condition on NULL is none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import text

from services.persistence.documents import list_in
from services.persistence.statements import Query

_UNDER: Final = "(CAST(:under AS text) IS NULL OR a.path @> to_jsonb(CAST(:under AS text)))"
_BELOW: Final = f"""CASE WHEN CAST(:under AS text) IS NULL THEN a.path ->> 0 ELSE a.path ->> (
            SELECT e.place FROM jsonb_array_elements_text({list_in("a.path")}) WITH ORDINALITY AS e(code, place)
            WHERE e.code = :under
        )::int END"""  # noqa: S608 - our own words
"""The unit right below; places count from 1 here, and from 0 in a path."""
_SILENCED: Final = """EXISTS (
            SELECT FROM silences s
            WHERE s.ended_at IS NULL AND s.starts_at <= :now AND s.ends_at > :now
              AND (s.under IS NULL OR a.path @> to_jsonb(s.under))
              AND (s.scheme IS NULL OR s.scheme = a.scheme) AND (s.severity IS NULL OR s.severity = a.severity)
              AND (s.organisation_code IS NULL OR EXISTS (
                  SELECT FROM alert_owners o
                  WHERE o.alert_id = a.id AND upper(o.organisation_code) = upper(s.organisation_code)
              ))
        )"""
"""As `Silence.matches`; a test compares them."""


class OpenRow(NamedTuple):
    """Unresolved alerts of a unit right below, or of the whole."""

    is_whole: bool
    unit_code: str | None
    unit_name: str | None
    critical: int
    warning: int
    unacknowledged: int
    acknowledged: int
    reported: int
    silenced: int
    late_acknowledgements: int
    late_reports: int
    late_remedies: int
    reports_due: int
    remedies_due: int


class ChangeRow(NamedTuple):
    """How often something came about."""

    kind: str
    n: int


class CauseRow(NamedTuple):
    """How many unresolved alerts have a cause in their last report."""

    code: str
    name_vi: str
    name_en: str
    alerts: int


OPEN: Final = Query(
    OpenRow,
    text(f"""
    WITH unresolved AS MATERIALIZED (
        SELECT a.id, a.status, a.severity, a.report_due_at, coalesce(a.unacknowledged_since, a.raised_at) AS since,
               {_SILENCED} AS is_silenced, {_BELOW} AS unit_code
        FROM alerts a WHERE a.status <> 'resolved' AND {_UNDER}
    ), remedies AS (
        SELECT r.alert_id, count(*) FILTER (WHERE r.state = 'missed') AS late,
               count(*) FILTER (WHERE r.state = 'planned' AND r.due_on < :next_day) AS due
        FROM alert_remedies r JOIN unresolved u ON u.id = r.alert_id GROUP BY r.alert_id
    ), figures AS (
        SELECT grouping(u.unit_code) = 1 AS is_whole, u.unit_code,
               count(*) FILTER (WHERE u.severity = 'critical') AS critical,
               count(*) FILTER (WHERE u.severity = 'warning') AS warning,
               count(*) FILTER (WHERE u.status = 'open') AS unacknowledged,
               count(*) FILTER (WHERE u.status = 'acknowledged') AS acknowledged,
               count(*) FILTER (WHERE u.status = 'reported') AS reported,
               count(*) FILTER (WHERE u.is_silenced) AS silenced,
               count(*) FILTER (WHERE u.status = 'open' AND u.since <= :late_since) AS late_acknowledgements,
               count(*) FILTER (WHERE u.status <> 'reported' AND u.report_due_at <= :now) AS late_reports,
               coalesce(sum(w.late), 0)::bigint AS late_remedies,
               count(*) FILTER (
                   WHERE u.status <> 'reported' AND u.report_due_at > :now AND u.report_due_at <= :next_at
               ) AS reports_due,
               coalesce(sum(w.due), 0)::bigint AS remedies_due
        FROM unresolved u LEFT JOIN remedies w ON w.alert_id = u.id
        GROUP BY GROUPING SETS ((), (u.unit_code))
    )
    SELECT f.is_whole, f.unit_code, n.name AS unit_name, {", ".join(f"f.{name}" for name in OpenRow._fields[3:])}
    FROM figures f LEFT JOIN units n ON n.code = f.unit_code
    ORDER BY f.is_whole DESC, f.critical DESC, f.warning DESC, f.unit_code COLLATE "C"
"""),  # noqa: S608 - our own words
)
"""Of the whole, first; then of each unit right below, and of what belongs to none of them."""

CHANGES: Final = Query(
    ChangeRow,
    text(f"""
    SELECT CASE WHEN t.kind = 'reopened' THEN 'raised'
                WHEN t.kind <> 'resolved' THEN t.kind
                WHEN t.subject IS NOT NULL THEN 'ended'
                WHEN a.resolution = 'withdrawn' THEN 'withdrawn' ELSE 'caught_up' END AS kind, count(*) AS n
    FROM alert_timeline t JOIN alerts a ON a.id = t.alert_id
    WHERE t.at >= :since AND t.at < :until AND t.kind <> 'updated' AND {_UNDER}
    GROUP BY 1 ORDER BY 1
"""),  # noqa: S608 - our own words
)
"""What came about in a time."""

CAUSES: Final = Query(
    CauseRow,
    text(f"""
    SELECT c.code, c.name_vi, c.name_en, count(*) AS alerts
    FROM alerts a CROSS JOIN jsonb_array_elements_text({list_in("a.report -> 'causes'")}) AS given(code)
    JOIN causes c ON c.code = given.code
    WHERE a.status <> 'resolved' AND {_UNDER}
    GROUP BY c.code ORDER BY count(*) DESC, c.code COLLATE "C" LIMIT :most
"""),  # noqa: S608 - our own words
)
"""Of the last reports of unresolved alerts."""
