"""Counting: into the ledger, the tallies and the progress of the targets that are touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.contracts.events import EnrolmentFacts, EnrolmentRecorded
from services.database import WriteSession
from targets_api.domain.tally import TallyKey

_ENTER = text("""
    WITH entered AS (
        INSERT INTO ledger (event_id, enrolment_id, unit_code, organisation_code, collector_code, scheme, kind,
                            signed_on, covered_from, covered_to)
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:enrolments AS uuid[]), CAST(:units AS text[]),
                             CAST(:organisations AS text[]), CAST(:collectors AS text[]), CAST(:schemes AS text[]),
                             CAST(:kinds AS text[]), CAST(:days AS date[]), CAST(:froms AS date[]),
                             CAST(:tos AS date[]))
        ON CONFLICT DO NOTHING
        RETURNING event_id
    )
    SELECT count(*) AS n, CASE WHEN count(*) < :all THEN array_agg(event_id) END AS ids FROM entered
""")
_DELTAS = """unnest(CAST(:units AS text[]), CAST(:schemes AS text[]), CAST(:days AS date[]), CAST(:kinds AS text[]),
    CAST(:organisations AS text[]), CAST(:collectors AS text[]), CAST(:counts AS bigint[]))"""
_TALLY = text(f"""
    INSERT INTO tallies (unit_code, scheme, day, kind, organisation_code, collector_code, n)
    SELECT * FROM {_DELTAS}
    ON CONFLICT (unit_code, scheme, day, kind, organisation_code, collector_code)
    DO UPDATE SET n = tallies.n + excluded.n
""")  # noqa: S608 - our own words
_MATCHES = """t.scheme = d.scheme AND d.day <= t.ends_on
    AND d.kind = CASE t.measure WHEN 'renewal' THEN 'renewal' ELSE 'new' END"""
_OF_ORGANISATION = """(t.organisation_code IS NULL OR EXISTS (SELECT FROM organisation_ancestors o
    WHERE o.organisation_code = d.organisation_code AND o.ancestor_code = t.organisation_code))"""
_ADVANCE = text(f"""
    WITH d AS MATERIALIZED (
        SELECT * FROM {_DELTAS} AS d(unit_code, scheme, day, kind, organisation_code, collector_code, n)
    ), touched AS (
        SELECT t.id, t.starts_on, d.day, d.n
        FROM d JOIN unit_ancestors a ON a.unit_code = d.unit_code JOIN targets t ON t.unit_code = a.ancestor_code
        WHERE {_MATCHES} AND (t.collector_code IS NULL OR t.collector_code = d.collector_code) AND {_OF_ORGANISATION}
        UNION ALL
        SELECT t.id, t.starts_on, d.day, d.n
        FROM d JOIN targets t ON t.collector_code = d.collector_code
        WHERE t.unit_code IS NULL AND {_MATCHES} AND {_OF_ORGANISATION}
        UNION ALL
        SELECT t.id, t.starts_on, d.day, d.n
        FROM d JOIN organisation_ancestors o ON o.organisation_code = d.organisation_code
               JOIN targets t ON t.organisation_code = o.ancestor_code
        WHERE t.unit_code IS NULL AND t.collector_code IS NULL AND {_MATCHES}
    ), sums AS (
        SELECT p.target_id,
               coalesce(sum(s.n) FILTER (WHERE s.day >= p.count_from), 0) AS since,
               coalesce(sum(s.n) FILTER (WHERE s.day >= p.start_from AND s.day < s.starts_on), 0) AS early
        FROM touched s JOIN target_progress p ON p.target_id = s.id
        WHERE s.day >= least(p.count_from, p.start_from)
        GROUP BY p.target_id
    ), locked AS (
        SELECT p.target_id FROM target_progress p JOIN sums USING (target_id) ORDER BY p.target_id FOR UPDATE OF p
    )
    UPDATE target_progress p
    SET achieved = p.achieved + sums.since, covered_at_start = p.covered_at_start + sums.early
    FROM sums JOIN locked USING (target_id) WHERE p.target_id = sums.target_id
    RETURNING p.target_id
""")  # noqa: S608 - our own words


async def enter(session: WriteSession, events: Sequence[EnrolmentRecorded]) -> Sequence[EnrolmentFacts]:
    """Put the events into the ledger, and tell the facts of those that were not in it yet. Each id may come once."""
    facts = [event.data for event in events]
    columns: dict[str, Any] = {
        "all": len(events),
        "ids": [event.id for event in events],
        "enrolments": [f.enrolment_id for f in facts],
        "units": [f.unit_code for f in facts],
        "organisations": [f.organisation_code for f in facts],
        "collectors": [f.collector_code for f in facts],
        "schemes": [f.scheme for f in facts],
        "kinds": [f.kind for f in facts],
        "days": [f.signed_on for f in facts],
        "froms": [f.covered_from for f in facts],
        "tos": [f.covered_to for f in facts],
    }
    entered = (await session.execute(_ENTER, columns)).one()
    if entered.n == len(events):
        return facts
    new = set(entered.ids or ())
    return [event.data for event in events if event.id in new]


async def tally(session: WriteSession, deltas: Mapping[TallyKey, int]) -> None:
    """Add the deltas to the tallies; always in the order of their keys, so that two batches never wait in a ring."""
    await session.execute(_TALLY, _columns(deltas))


async def advance(session: WriteSession, deltas: Mapping[TallyKey, int]) -> list[UUID]:
    """Add the deltas to every target they count for, and tell which those are."""
    return list(await session.scalars(_ADVANCE, _columns(deltas)))


def _columns(deltas: Mapping[TallyKey, int]) -> dict[str, list[Any]]:
    units, schemes, days, kinds, organisations, collectors = zip(*deltas, strict=True)
    return {
        "units": list(units),
        "schemes": list(schemes),
        "days": list(days),
        "kinds": list(kinds),
        "organisations": list(organisations),
        "collectors": list(collectors),
        "counts": list(deltas.values()),
    }
