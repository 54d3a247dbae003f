"""Counting: into the ledger, the tallies and the progress of the targets that are touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from services.contracts.checksums import checksums_of
from services.contracts.enrolment import EnrolmentFacts, EnrolmentRecorded
from services.persistence.unit_of_work import UnitOfWork
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


async def enter(work: UnitOfWork, events: Sequence[EnrolmentRecorded]) -> Sequence[EnrolmentFacts]:
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
    entered = (await work.execute(_ENTER, columns)).one()
    if entered.n == len(events):
        return facts
    await work.execute(_ADOPT, {"ids": columns["ids"], "checksums": columns["checksums"]})
    new = set(entered.ids or ())
    return [event.data for event in events if event.id in new]


def _checksums(columns: Mapping[str, Any]) -> list[int | None]:
    names = ("enrolments", "units", "organisations", "collectors", "schemes", "kinds", "days", "froms", "tos")
    checksums = checksums_of(*(columns[name] for name in names))
    own = zip(columns["ids"], columns["enrolments"], checksums, strict=True)
    return [checksum if event_id.int == enrolment_id.int else None for event_id, enrolment_id, checksum in own]


async def tally(work: UnitOfWork, deltas: Mapping[TallyKey, int]) -> None:
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
    await work.execute(_TALLY, columns)
