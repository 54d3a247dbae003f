"""Counting: into the ledger, the tallies and the progress of the targets that are touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.contracts.checksums import checksums_of
from services.contracts.events import EnrolmentFacts, EnrolmentRecorded
from services.database import ReadSession, WriteSession
from targets_api.domain.advance import Advance, Counting
from targets_api.domain.tally import TallyKey

_ENTER = text("""
    WITH entered AS (
        INSERT INTO ledger (event_id, enrolment_id, unit_code, organisation_code, collector_code, scheme, kind,
                            signed_on, covered_from, covered_to, checksum)
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:enrolments AS uuid[]), CAST(:units AS text[]),
                             CAST(:organisations AS text[]), CAST(:collectors AS text[]), CAST(:schemes AS text[]),
                             CAST(:kinds AS text[]), CAST(:days AS date[]), CAST(:froms AS date[]),
                             CAST(:tos AS date[]), CAST(:checksums AS bigint[]))
        ON CONFLICT DO NOTHING
        RETURNING event_id
    )
    SELECT count(*) AS n, CASE WHEN count(*) < :all THEN array_agg(event_id) END AS ids FROM entered
""")
_ADOPT = text("""
    UPDATE ledger l SET checksum = k.checksum
    FROM unnest(CAST(:ids AS uuid[]), CAST(:checksums AS bigint[])) AS k(id, checksum)
    WHERE l.event_id = k.id AND l.checksum IS NULL AND k.checksum IS NOT NULL
""")
_TALLY = text("""
    INSERT INTO tallies (unit_code, scheme, day, kind, organisation_code, collector_code, n)
    SELECT * FROM unnest(CAST(:units AS text[]), CAST(:schemes AS text[]), CAST(:days AS date[]),
                         CAST(:kinds AS text[]), CAST(:organisations AS text[]), CAST(:collectors AS text[]),
                         CAST(:counts AS bigint[]))
    ON CONFLICT (unit_code, scheme, day, kind, organisation_code, collector_code)
    DO UPDATE SET n = tallies.n + excluded.n
""")
_COUNTING = """t.id, t.organisation_code, t.collector_code, t.scheme, t.measure, t.starts_on, t.ends_on,
    p.count_from, p.start_from"""
_IN_TIME = "t.ends_on >= :first AND least(p.count_from, p.start_from) <= :last"
_TARGETS = text(f"""
    WITH reached AS MATERIALIZED (
        SELECT a.ancestor_code AS code, array_agg(a.unit_code) AS units
        FROM unnest(CAST(:units AS text[])) AS u(code) JOIN unit_ancestors a ON a.unit_code = u.code GROUP BY 1
    )
    SELECT {_COUNTING}, reached.units
    FROM reached JOIN targets t ON t.unit_code = reached.code JOIN target_progress p ON p.target_id = t.id
    WHERE {_IN_TIME}
    UNION ALL
    SELECT {_COUNTING}, NULL
    FROM targets t JOIN target_progress p ON p.target_id = t.id
    WHERE t.unit_code IS NULL AND t.collector_code = ANY(CAST(:collectors AS text[])) AND {_IN_TIME}
    UNION ALL
    SELECT {_COUNTING}, NULL
    FROM targets t JOIN target_progress p ON p.target_id = t.id
    WHERE t.unit_code IS NULL AND t.collector_code IS NULL AND t.organisation_code = ANY(CAST(:above AS text[]))
      AND {_IN_TIME}
""")  # noqa: S608 - our own words
_ABOVE = text("""
    SELECT organisation_code, array_agg(ancestor_code) AS above FROM organisation_ancestors
    WHERE organisation_code = ANY(:codes) GROUP BY 1
""")
_LOCK = text("SELECT target_id FROM target_progress WHERE target_id = ANY(:ids) ORDER BY target_id FOR UPDATE")
_ADVANCE = text("""
    UPDATE target_progress p SET achieved = p.achieved + d.since, covered_at_start = p.covered_at_start + d.early
    FROM unnest(CAST(:ids AS uuid[]), CAST(:since AS bigint[]), CAST(:early AS bigint[])) AS d(id, since, early)
    WHERE p.target_id = d.id
""")


async def enter(session: WriteSession, events: Sequence[EnrolmentRecorded]) -> Sequence[EnrolmentFacts]:
    """Put the events into the ledger, and tell the facts of those that were not in it yet. Each id may come once.

    An event whose id is its enrolment's can be published again: it has a checksum, by which it is compared with the
    source. What the version before entered without one gets it when the event comes again.
    """
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
    columns["checksums"] = _checksums(columns)
    entered = (await session.execute(_ENTER, columns)).one()
    if entered.n == len(events):
        return facts
    await session.execute(_ADOPT, {"ids": columns["ids"], "checksums": columns["checksums"]})
    new = set(entered.ids or ())
    return [event.data for event in events if event.id in new]


def _checksums(columns: Mapping[str, Any]) -> list[int | None]:
    names = ("enrolments", "units", "organisations", "collectors", "schemes", "kinds", "days", "froms", "tos")
    checksums = checksums_of(*(columns[name] for name in names))
    own = zip(columns["ids"], columns["enrolments"], checksums, strict=True)
    return [checksum if event_id.int == enrolment_id.int else None for event_id, enrolment_id, checksum in own]


async def tally(session: WriteSession, deltas: Mapping[TallyKey, int]) -> None:
    """Add the deltas to the tallies; always in the order of their keys, so that two batches never wait in a ring."""
    units, schemes, days, kinds, organisations, collectors = zip(*deltas, strict=True)
    columns = {
        "units": list(units),
        "schemes": list(schemes),
        "days": list(days),
        "kinds": list(kinds),
        "organisations": list(organisations),
        "collectors": list(collectors),
        "counts": list(deltas.values()),
    }
    await session.execute(_TALLY, columns)


async def organisations_above(session: ReadSession, codes: Collection[str]) -> dict[str, frozenset[str]]:
    """The organisations at or above each of those that are known."""
    rows = await session.execute(_ABOVE, {"codes": list(codes)})
    return {row.organisation_code: frozenset(row.above) for row in rows}


async def targets_within_reach(
    session: ReadSession, deltas: Collection[TallyKey], organisations: Collection[str]
) -> list[Counting]:
    """Every target that one of the deltas may count for; `organisations` are theirs with all above them."""
    days = {key.day for key in deltas}
    values = {
        "units": list({key.unit_code for key in deltas}),
        "collectors": list({key.collector_code for key in deltas}),
        "above": list(organisations),
        "first": min(days),
        "last": max(days),
    }
    return [_counting(row) for row in await session.execute(_TARGETS, values)]


async def advance(session: WriteSession, advances: Mapping[UUID, Advance]) -> None:
    """Add to the progress of the targets, locked in the order of their ids."""
    await session.execute(_LOCK, {"ids": list(advances)})
    added = advances.values()
    columns = {"ids": list(advances), "since": [a.since for a in added], "early": [a.early for a in added]}
    await session.execute(_ADVANCE, columns)


def _counting(row: Row[Any]) -> Counting:
    return Counting(
        target_id=row.id,
        units=row.units,
        organisation_code=row.organisation_code,
        collector_code=row.collector_code,
        scheme=row.scheme,
        kind="renewal" if row.measure == "renewal" else "new",
        count_from=row.count_from,
        start_from=row.start_from,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
    )
