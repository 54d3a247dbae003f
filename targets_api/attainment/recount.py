"""Count targets anew from the tallies: when one is set, its baseline changes, or units move.

Needs `locks.nobody_counting`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import text

from services.persistence.unit_of_work import ReadSession, UnitOfWork

TargetId: TypeAlias = UUID

_OF_ORGANISATION = (
    "(t.organisation_code IS NULL OR EXISTS (SELECT FROM organisation_ancestors o"
    " WHERE o.organisation_code = x.organisation_code AND o.ancestor_code = t.organisation_code))"
)
_OF_COLLECTOR = "(t.collector_code IS NULL OR x.collector_code = t.collector_code)"
_COUNTED = "x.scheme = t.scheme AND x.kind = CASE t.measure WHEN 'renewal' THEN 'renewal' ELSE 'new' END"

TALLIES_OF_TARGET: Final = f"""
    SELECT x.day, x.n FROM unit_ancestors a JOIN tallies x ON x.unit_code = a.unit_code
    WHERE a.ancestor_code = t.unit_code AND {_COUNTED} AND {_OF_ORGANISATION} AND {_OF_COLLECTOR}
    UNION ALL
    SELECT x.day, x.n FROM tallies x
    WHERE t.unit_code IS NULL AND x.collector_code = t.collector_code AND {_COUNTED} AND {_OF_ORGANISATION}
    UNION ALL
    SELECT x.day, x.n FROM organisation_ancestors o JOIN tallies x ON x.organisation_code = o.organisation_code
    WHERE t.unit_code IS NULL AND t.collector_code IS NULL AND o.ancestor_code = t.organisation_code AND {_COUNTED}
"""  # noqa: S608 - our own words
"""The tallies that count for the target `t`: one of the three branches, by the narrowest part of its scope."""

_LOCK = text("SELECT FROM target_progress WHERE target_id = ANY(:ids) ORDER BY target_id FOR UPDATE")
_RECOUNT = text(f"""
    UPDATE target_progress p
    SET achieved = c.achieved, covered_at_start = c.covered_at_start, population = c.population,
        count_from = c.count_from, start_from = c.start_from
    FROM (
        SELECT t.id, w.count_from, w.start_from, latest.population,
               coalesce(latest.covered, 0) + coalesce(s.since, 0) AS achieved,
               coalesce(before.covered + coalesce(s.early, 0), first.covered, 0) AS covered_at_start
        FROM targets t
        LEFT JOIN LATERAL (
            SELECT b."on", b.covered, b.population FROM baselines b
            WHERE t.measure IN ('in_force', 'coverage') AND b.unit_code = t.unit_code AND b.scheme = t.scheme
              AND b."on" <= t.ends_on ORDER BY b."on" DESC LIMIT 1
        ) latest ON true
        LEFT JOIN LATERAL (
            SELECT b."on", b.covered FROM baselines b
            WHERE t.measure IN ('in_force', 'coverage') AND b.unit_code = t.unit_code AND b.scheme = t.scheme
              AND b."on" < t.starts_on ORDER BY b."on" DESC LIMIT 1
        ) before ON true
        LEFT JOIN LATERAL (
            SELECT b.covered FROM baselines b
            WHERE t.measure IN ('in_force', 'coverage') AND b.unit_code = t.unit_code AND b.scheme = t.scheme
              AND b."on" BETWEEN t.starts_on AND t.ends_on ORDER BY b."on" LIMIT 1
        ) first ON true
        CROSS JOIN LATERAL (
            SELECT coalesce(latest."on" + 1, t.starts_on) AS count_from, before."on" + 1 AS start_from
        ) w
        CROSS JOIN LATERAL (
            SELECT sum(c.n) FILTER (WHERE c.day >= w.count_from) AS since,
                   sum(c.n) FILTER (WHERE c.day >= w.start_from AND c.day < t.starts_on) AS early
            FROM ({TALLIES_OF_TARGET}) c
            WHERE c.day BETWEEN least(w.count_from, w.start_from) AND t.ends_on
        ) s
        WHERE t.id = ANY(:ids)
    ) c
    WHERE p.target_id = c.id
""")  # noqa: S608 - our own words
_OF_UNITS = text("SELECT id FROM targets WHERE unit_code = ANY(:codes) ORDER BY id")
_OF_ORGANISATIONS = text("SELECT id FROM targets WHERE organisation_code = ANY(:codes) ORDER BY id")


async def recount(work: UnitOfWork, target_ids: Sequence[TargetId]) -> None:
    """Set the progress of the targets to what the tallies and baselines say now."""
    if target_ids:
        await work.execute(_LOCK, {"ids": list(target_ids)})
        await work.execute(_RECOUNT, {"ids": list(target_ids)})


async def targets_of_units(session: ReadSession, codes: Collection[str]) -> list[TargetId]:
    """Targets with one of the units in their scope."""
    return list(await session.scalars(_OF_UNITS, {"codes": list(codes)}))


async def targets_of_organisations(session: ReadSession, codes: Collection[str]) -> list[TargetId]:
    """Targets with one of the organisations in their scope."""
    return list(await session.scalars(_OF_ORGANISATIONS, {"codes": list(codes)}))
