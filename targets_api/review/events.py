"""What is published of a target's pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.context import Context
from services.contracts.identities import pace_event_id
from services.contracts.pace import PaceEvent, PaceFacts, PaceFellBehind, PaceFigures, PaceRecovered, PaceWorsened
from services.vocabulary import SHARES, PaceTransition
from targets_api.domain.rounding import cut
from targets_api.hierarchy.queries import PlacedUnit
from targets_api.review.judgement import Reviewed

_EVENTS: Final[dict[PaceTransition, type[PaceEvent]]] = {
    "fell_behind": PaceFellBehind,
    "worsened": PaceWorsened,
    "recovered": PaceRecovered,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target stands in the registry: its unit, and the organisation that it belongs to with those above it."""

    unit: PlacedUnit | None
    organisations: tuple[str, ...]


def pace_event(reviewed: Reviewed, transition: PaceTransition, place: Place, context: Context) -> PaceEvent:
    """The event of the transition. Its id is derived from target and revision: the same whenever it is published."""
    target_id = reviewed.standing.target.id
    return _EVENTS[transition](
        id=pace_event_id(target_id, reviewed.episode.revision),
        subject=str(target_id),
        time=context.at,
        correlationid=context.correlation_id,
        data=_facts(reviewed, place, context),
    )


def _facts(reviewed: Reviewed, place: Place, context: Context) -> PaceFacts:
    target, verdict, unit = reviewed.standing.target, reviewed.verdict, place.unit
    return PaceFacts(
        target_id=target.id,
        target_name=target.name,
        episode=reviewed.episode.number,
        revision=reviewed.episode.revision,
        scope=target.scope,
        unit_name=unit.name if unit else None,
        path=tuple(unit.path) if unit else (),
        organisations=place.organisations,
        scheme=target.scheme,
        measure=target.measure,
        starts_on=target.starts_on,
        ends_on=target.ends_on,
        status=verdict.status,
        severity=verdict.severity,
        worst_severity=reviewed.episode.reported or reviewed.standing.episode.reported,
        withdrawn=target.withdrawn_on is not None,
        figures=_figures(reviewed, context),
    )


def _figures(reviewed: Reviewed, context: Context) -> PaceFigures:
    target, progress, verdict = reviewed.standing.target, reviewed.standing.progress, reviewed.verdict
    share = progress.achieved / progress.population if target.measure in SHARES and progress.population else None
    return PaceFigures(
        on=context.today,
        value=target.value,
        achieved=progress.achieved if share is None else cut(share, 4),
        attained=verdict.attained,
        expected=verdict.expected,
        ratio=verdict.ratio,
        short_by=verdict.short_by,
        needed_per_day=verdict.needed_per_day,
    )
