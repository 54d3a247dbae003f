"""What a review reads and writes: targets with their progress, locked in one order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.vocabulary import Severity
from targets_api.domain.counting import Advance, Counting
from targets_api.domain.episode import Episode
from targets_api.domain.pace import Progress, Status
from targets_api.domain.tally import TallyKey
from targets_api.domain.target import Scope, Target

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


_LOCK = text("SELECT target_id FROM target_progress WHERE target_id = ANY(:ids) ORDER BY target_id FOR UPDATE")


_ADVANCE = text("""
    UPDATE target_progress p SET achieved = p.achieved + d.since, covered_at_start = p.covered_at_start + d.early
    FROM unnest(CAST(:ids AS uuid[]), CAST(:since AS bigint[]), CAST(:early AS bigint[])) AS d(id, since, early)
    WHERE p.target_id = d.id
""")


_LOCKED = text(
    "SELECT t.id, t.unit_code, t.organisation_code, t.collector_code, t.scheme, t.measure, t.value, t.starts_on,"
    " t.ends_on, t.name, p.achieved, p.covered_at_start, p.population, p.status, p.severity, p.lagging, p.told,"
    " p.episode, p.revision, p.reviewed_on"
    " FROM target_progress p JOIN targets t ON t.id = p.target_id"
    " WHERE p.target_id = ANY(:ids) ORDER BY p.target_id FOR UPDATE OF p"
)
_SAVE = text(
    "UPDATE target_progress p SET status = r.status, severity = r.severity, lagging = r.lagging, told = r.told,"
    " episode = r.episode, revision = r.revision, reviewed_on = :today"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:severities AS text[]),"
    " CAST(:laggings AS boolean[]), CAST(:tolds AS text[]), CAST(:episodes AS integer[]),"
    " CAST(:revisions AS integer[]))"
    " AS r(id, status, severity, lagging, told, episode, revision) WHERE p.target_id = r.id"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A target, how far it has come, and what the last review said."""

    target: Target
    progress: Progress
    status: Status
    severity: str | None
    episode: Episode
    reviewed_on: date | None


@dataclass(frozen=True, slots=True)
class ReviewedState:
    """What a review found of a target."""

    target_id: UUID
    status: Status
    severity: Severity | None
    episode: Episode


async def locked_standings(work: UnitOfWork, target_ids: Sequence[UUID]) -> list[Standing]:
    """The targets as they stand, theirs alone until the commit: a second reviewer waits, then sees what was told."""
    return [_standing(row) for row in await work.execute(_LOCKED, {"ids": list(target_ids)})]


async def save(work: UnitOfWork, states: Sequence[ReviewedState], today: date) -> None:
    """Note what a review found."""
    if not states:
        return
    columns: dict[str, list[Any]] = {
        "ids": [s.target_id for s in states],
        "statuses": [s.status for s in states],
        "severities": [s.severity for s in states],
        "laggings": [s.episode.lagging for s in states],
        "tolds": [s.episode.told for s in states],
        "episodes": [s.episode.number for s in states],
        "revisions": [s.episode.revision for s in states],
    }
    await work.execute(_SAVE, {**columns, "today": today})


def target_of(row: Row[Any]) -> Target:
    """The target in a row that holds its columns."""
    scope = Scope(row.unit_code, row.organisation_code, row.collector_code)
    return Target(row.id, scope, row.scheme, row.measure, row.value, row.starts_on, row.ends_on, row.name)


def _standing(row: Row[Any]) -> Standing:
    progress = Progress(row.achieved, row.covered_at_start, row.population)
    episode = Episode(row.lagging, row.told, row.episode, row.revision)
    return Standing(target_of(row), progress, row.status, row.severity, episode, row.reviewed_on)


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


async def advance(work: UnitOfWork, advances: Mapping[UUID, Advance]) -> None:
    """Add to the progress of the targets, locked in the order of their ids."""
    await work.execute(_LOCK, {"ids": list(advances)})
    added = advances.values()
    columns = {"ids": list(advances), "since": [a.since for a in added], "early": [a.early for a in added]}
    await work.execute(_ADVANCE, columns)


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
