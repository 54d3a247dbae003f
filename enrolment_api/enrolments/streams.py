"""Which parts of an index a list of sign-ups is read from.

In an index, the sign-ups of one status, of one organisation in one unit, say, stand in the order of the list. Such a
part is a stream. A list merges those that its filters leave, and reads little more than the rows that it shows: how
many streams there are depends on units, organisations and collectors, not on how many were signed up.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Text, bindparam, or_, select, text

BELOW: Final = (
    text("""
        WITH RECURSIVE below AS (
            SELECT code FROM units WHERE upper(code) = upper(CAST(:unit_code AS text))
            UNION
            SELECT u.code FROM below CROSS JOIN LATERAL (
                SELECT code FROM units WHERE parent_code = below.code
                UNION ALL
                SELECT code FROM units WHERE successors = ARRAY[below.code]
            ) u
            WHERE NOT CAST(:exact AS boolean)
        )
        SELECT code FROM below
    """)
    .columns(code=Text)
    .cte("below")
)
"""A unit and, unless `exact`, all below it: the one that it took the place of counts as below it."""


def among_units(unit_code: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a unit is one of BELOW, where any was asked for."""
    return or_(bindparam("unit_code", type_=Text).is_(None), unit_code.in_(select(BELOW.c.code)))


OF_ORGANISATIONS: Final = (
    text("""
        SELECT o.code AS organisation_code, s.status
        FROM organisations o CROSS JOIN unnest(CAST(:statuses AS text[])) AS s (status)
        WHERE (CAST(:own_of AS text) IS NULL OR o.code = :own_of)
            AND (CAST(:organisation_code AS text) IS NULL OR upper(o.code) = upper(:organisation_code))
    """)
    .columns(organisation_code=Text, status=Text)
    .cte("streams")
)
"""Of each organisation that may be seen and was asked for."""

OF_UNITS: Final = (
    text("""
        WITH RECURSIVE pairs AS (
            SELECT code AS unit_code,
                (SELECT min(e.organisation_code) FROM enrolments e WHERE e.unit_code = code) AS organisation_code
            FROM below
            UNION ALL
            SELECT unit_code, (
                SELECT min(e.organisation_code) FROM enrolments e
                WHERE e.unit_code = pairs.unit_code AND e.organisation_code > pairs.organisation_code
            )
            FROM pairs WHERE organisation_code IS NOT NULL
        )
        SELECT unit_code, organisation_code, s.status
        FROM pairs CROSS JOIN unnest(CAST(:statuses AS text[])) AS s (status)
        WHERE (CAST(:own_of AS text) IS NULL OR organisation_code = :own_of)
            AND (CAST(:organisation_code AS text) IS NULL OR upper(organisation_code) = upper(:organisation_code))
    """)
    .columns(unit_code=Text, organisation_code=Text, status=Text)
    .add_cte(BELOW)
    .cte("streams")
)
"""Of each organisation that signed up somebody in the unit, or below it. `pairs` goes from one organisation to the next
in the index."""

OF_COLLECTORS: Final = (
    text("""
        WITH RECURSIVE places AS (
            SELECT c.code AS collector_code, p.organisation_code, p.unit_code
            FROM collectors c CROSS JOIN LATERAL (
                SELECT organisation_code, unit_code FROM enrolments WHERE collector_code = c.code
                ORDER BY organisation_code, unit_code LIMIT 1
            ) p
            WHERE upper(c.code) = upper(:collector_code)
            UNION ALL
            SELECT l.collector_code, p.organisation_code, p.unit_code
            FROM places l CROSS JOIN LATERAL (
                SELECT organisation_code, unit_code FROM enrolments
                WHERE collector_code = l.collector_code
                    AND (organisation_code, unit_code) > (l.organisation_code, l.unit_code)
                ORDER BY organisation_code, unit_code LIMIT 1
            ) p
        )
        SELECT collector_code, organisation_code, unit_code, s.status
        FROM places CROSS JOIN unnest(CAST(:statuses AS text[])) AS s (status)
        WHERE (CAST(:own_of AS text) IS NULL OR organisation_code = :own_of)
            AND (CAST(:organisation_code AS text) IS NULL OR upper(organisation_code) = upper(:organisation_code))
            AND (CAST(:unit_code AS text) IS NULL OR unit_code IN (SELECT code FROM below))
    """)
    .columns(collector_code=Text, organisation_code=Text, unit_code=Text, status=Text)
    .add_cte(BELOW)
    .cte("streams")
)
"""Of each unit in which the collector signed up somebody, for each organisation. `places` goes from one to the next in
the index."""
