"""What is published of a target's pace."""

from __future__ import annotations

from typing import Final, TypeAlias

from services.contracts.events import (
    PaceFacts,
    PaceFellBehind,
    PaceFigures,
    PaceRecovered,
    PaceWorsened,
)
from services.contracts.events import Scope as ScopeFacts
from services.contracts.identities import pace_event_id
from targets_api.domain.episode import Turn
from targets_api.occasion import Occasion
from targets_api.review.store import Reviewed

PaceEvent: TypeAlias = PaceFellBehind | PaceWorsened | PaceRecovered
NameAndPath: TypeAlias = tuple[str | None, tuple[str, ...]]

_EVENTS: Final[dict[Turn, type[PaceEvent]]] = {
    "fell_behind": PaceFellBehind,
    "worsened": PaceWorsened,
    "recovered": PaceRecovered,
}


def pace_event(reviewed: Reviewed, turn: Turn, unit: NameAndPath, occasion: Occasion) -> PaceEvent:
    """The event of the turn. Its id follows from target and revision, so that it is the same whenever published."""
    target_id = reviewed.standing.target.id
    return _EVENTS[turn](
        id=pace_event_id(target_id, reviewed.episode.revision),
        subject=str(target_id),
        time=occasion.now,
        correlationid=occasion.correlation_id,
        data=_facts(reviewed, unit, occasion),
    )


def _facts(reviewed: Reviewed, unit: NameAndPath, occasion: Occasion) -> PaceFacts:
    target, verdict = reviewed.standing.target, reviewed.verdict
    scope = target.scope
    return PaceFacts(
        target_id=target.id,
        target_name=target.name,
        episode=reviewed.episode.number,
        revision=reviewed.episode.revision,
        scope=ScopeFacts(
            unit_code=scope.unit_code, organisation_code=scope.organisation_code, collector_code=scope.collector_code
        ),
        unit_name=unit[0],
        path=unit[1],
        scheme=target.scheme,
        measure=target.measure,
        starts_on=target.starts_on,
        ends_on=target.ends_on,
        status=verdict.status,
        severity=verdict.severity,
        worst_severity=reviewed.episode.told or reviewed.standing.episode.told,
        figures=_figures(reviewed, occasion),
    )


def _figures(reviewed: Reviewed, occasion: Occasion) -> PaceFigures:
    target, progress, verdict = reviewed.standing.target, reviewed.standing.progress, reviewed.verdict
    share = progress.achieved / progress.population if target.measure == "coverage" and progress.population else None
    return PaceFigures(
        on=occasion.today,
        value=target.value,
        achieved=progress.achieved if share is None else round(share, 4),
        attained=round(verdict.attained, 3),
        expected=round(verdict.expected, 3),
        ratio=None if verdict.ratio is None else round(verdict.ratio, 3),
        short_by=verdict.short_by,
        needed_per_day=None if verdict.needed_per_day is None else round(verdict.needed_per_day, 1),
    )
