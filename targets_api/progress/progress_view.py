"""Figures as they are shown, with the pace of each target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

from services.calendar import WorkingCalendar
from services.holidays import calendar_of
from services.vocabulary import PaceStatus
from targets_api.domain.pace import Progress, pace_of
from targets_api.domain.target import STOCK_MEASURES
from targets_api.progress.queries import CollectorFigures, Figures, OrganisationFigures, TargetFigures, UnitFigures
from targets_api.progress.schemas import (
    ChildProgress,
    ChildrenProgress,
    CollectorOfProgress,
    CollectorProgress,
    NamedScope,
    OrganisationOfProgress,
    OrganisationProgress,
    TargetPace,
    UnitOfProgress,
    UnitProgress,
)

F = TypeVar("F", UnitFigures, OrganisationFigures, CollectorFigures)


def unit_progress(figures: Figures[UnitFigures], today: date) -> UnitProgress:
    """Of a unit with all below it."""
    unit = UnitOfProgress.model_validate(figures.owner)
    return UnitProgress(
        unit=unit, **_period(figures), **_counts(figures), **_coverage(figures.owner), **_paces(figures, today)
    )


def organisation_progress(figures: Figures[OrganisationFigures], today: date) -> OrganisationProgress:
    """Of an organisation with all below it."""
    organisation = OrganisationOfProgress.model_validate(figures.owner)
    return OrganisationProgress(
        organisation=organisation, **_period(figures), **_counts(figures), **_paces(figures, today)
    )


def collector_progress(figures: Figures[CollectorFigures], today: date) -> CollectorProgress:
    """Of a collector."""
    collector = CollectorOfProgress.model_validate(figures.owner)
    return CollectorProgress(collector=collector, **_period(figures), **_counts(figures), **_paces(figures, today))


def children_progress(
    parent: Figures[UnitFigures], children: Iterable[Figures[UnitFigures]], today: date
) -> ChildrenProgress:
    """Of each of the children of a unit."""
    items = [
        ChildProgress(
            unit=UnitOfProgress.model_validate(child.owner),
            **_counts(child),
            **_coverage(child.owner),
            **_paces(child, today),
        )
        for child in children
    ]
    return ChildrenProgress(unit=UnitOfProgress.model_validate(parent.owner), items=items, **_period(parent))


def _period(figures: Figures[F]) -> dict[str, Any]:
    return {"scheme": figures.key.scheme, "start": figures.key.start, "on": figures.key.on}


def _counts(figures: Figures[F]) -> dict[str, Any]:
    new, renewal = int(figures.owner.new), int(figures.owner.renewal)
    return {"new": new, "renewal": renewal, "cancelled": 0, "net": new + renewal}


def _coverage(unit: UnitFigures) -> dict[str, Any]:
    if unit.population is None or unit.covered is None:
        return {"population": None, "covered": None, "coverage": None}
    covered = int(unit.covered)
    return {"population": unit.population, "covered": covered, "coverage": round(covered / unit.population, 4)}


def _paces(figures: Figures[F], today: date) -> dict[str, Any]:
    calendar = _calendar(figures.targets)
    return {"targets": [_pace(figures, each, today, calendar) for each in figures.targets]}


def _calendar(targets: Sequence[TargetFigures]) -> WorkingCalendar:
    return calendar_of(day for each in targets for day in (each.target.starts_on, each.target.ends_on))


def _pace(figures: Figures[F], each: TargetFigures, today: date, calendar: WorkingCalendar) -> TargetPace:
    target, on = each.target, figures.key.on
    lagged: PaceStatus | None = "behind" if each.lagging and on == today else None
    verdict = pace_of(target, _progress_of(figures, each), on, calendar, previous=lagged)
    return TargetPace(
        id=target.id,
        name=target.name,
        scope=NamedScope.model_validate(target.scope),
        measure=target.measure,
        value=target.value,
        starts_on=target.starts_on,
        ends_on=target.ends_on,
        attained=round(verdict.attained, 3),
        expected=round(verdict.expected, 3),
        ratio=None if verdict.ratio is None else round(verdict.ratio, 3),
        status=verdict.status,
        severity=verdict.severity,
        short_by=verdict.short_by,
        needed_per_day=None if verdict.needed_per_day is None else round(verdict.needed_per_day, 1),
        because=verdict.because,
    )


def _progress_of(figures: Figures[F], each: TargetFigures) -> Progress:
    """A stock within its period is the unit's own figure of the day; what was not counted yet stands where it began."""
    unit = figures.owner
    if each.target.measure not in STOCK_MEASURES or figures.key.on > each.target.ends_on:
        return Progress(int(each.achieved), each.covered_at_start, each.population)
    if not isinstance(unit, UnitFigures) or unit.population is None or unit.covered is None:
        return Progress(each.covered_at_start, each.covered_at_start, each.population)
    return Progress(int(unit.covered), each.covered_at_start, unit.population)
