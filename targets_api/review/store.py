"""What a review reads and writes: targets with their progress, locked in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.database import ReadSession, WriteSession
from targets_api.domain.episode import Episode, Turn
from targets_api.domain.pace import Progress, Status, Verdict
from targets_api.domain.target import Scope, Target

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
_DUE = text(
    "SELECT t.id FROM targets t JOIN target_progress p ON p.target_id = t.id"
    " WHERE t.starts_on <= :today AND p.reviewed_on IS DISTINCT FROM :today"
    " AND (p.reviewed_on IS NULL OR p.reviewed_on <= t.ends_on) ORDER BY t.id LIMIT :limit"
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
class Reviewed:
    """A standing with its new verdict, the episode after it, and the turn to be told, if any."""

    standing: Standing
    verdict: Verdict
    episode: Episode
    turn: Turn | None


async def locked_standings(session: WriteSession, target_ids: Sequence[UUID]) -> list[Standing]:
    """The targets as they stand, theirs alone until the commit: a second reviewer waits, then sees what was told."""
    return [_standing(row) for row in await session.execute(_LOCKED, {"ids": list(target_ids)})]


async def save(session: WriteSession, reviewed: Sequence[Reviewed], today: date) -> None:
    """Note what the review said."""
    if not reviewed:
        return
    columns: dict[str, list[Any]] = {
        "ids": [r.standing.target.id for r in reviewed],
        "statuses": [r.verdict.status for r in reviewed],
        "severities": [r.verdict.severity for r in reviewed],
        "laggings": [r.episode.lagging for r in reviewed],
        "tolds": [r.episode.told for r in reviewed],
        "episodes": [r.episode.number for r in reviewed],
        "revisions": [r.episode.revision for r in reviewed],
    }
    await session.execute(_SAVE, {**columns, "today": today})


async def due(session: ReadSession, today: date, limit: int) -> list[UUID]:
    """Targets that time alone may have changed: started, not reviewed today, and not reviewed since their end."""
    return list(await session.scalars(_DUE, {"today": today, "limit": limit}))


def target_of(row: Row[Any]) -> Target:
    """The target in a row that holds its columns."""
    scope = Scope(row.unit_code, row.organisation_code, row.collector_code)
    return Target(row.id, scope, row.scheme, row.measure, row.value, row.starts_on, row.ends_on, row.name)


def _standing(row: Row[Any]) -> Standing:
    progress = Progress(row.achieved, row.covered_at_start, row.population)
    episode = Episode(row.lagging, row.told, row.episode, row.revision)
    return Standing(target_of(row), progress, row.status, row.severity, episode, row.reviewed_on)
