"""Figures as they are shown, with the pace of each target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, Protocol, TypeVar

from services.calendar import WorkingCalendar
from services.holidays import calendar_of
from services.vocabulary import PaceStatus
from targets_api.domain.given import as_given
from targets_api.domain.pace import Progress, pace_of
from targets_api.domain.rounding import cut
from targets_api.domain.splits import largest_first
from targets_api.domain.target import STOCK_MEASURES
from targets_api.progress.figures import CollectorFigures, DirectFigures, Figures, OrganisationFigures, UnitFigures
from targets_api.progress.schemas import (
    ChildProgress,
    ChildrenProgress,
    CollectorOfProgress,
    CollectorProgress,
    NamedScope,
    OrganisationOfProgress,
    OrganisationProgress,
    OtherParts,
    OtherPeriod,
    ProgressDifference,
    SplitCounts,
    SplitPart,
    TargetPace,
    UnitOfProgress,
    UnitProgress,
)
from targets_api.progress.sums import Sums
from targets_api.progress.target_figures import TargetFigures
from targets_api.remembering.schemas import UNTOLD

_NO_COVERAGE: Final[Any] = {"population": None, "covered": None, "coverage": None, "without_baseline": []}
F = TypeVar("F", UnitFigures, OrganisationFigures, CollectorFigures)


class SignedUp(Protocol):
    """Sums of sign-ups by kind, and of what was paid."""

    @property
    def new(self) -> int: ...
    @property
    def renewal(self) -> int: ...
    @property
    def cancelled(self) -> int: ...
    @property
    def contributions(self) -> int: ...
    @property
    def without_amount(self) -> int: ...


def unit_progress(figures: Figures[UnitFigures], today: date) -> UnitProgress:
    """Of a unit with all below it."""
    unit = UnitOfProgress.model_validate(figures.owner)
    return UnitProgress(
        unit=unit,
        **_period(figures),
        **_counts(figures),
        **_compared(figures),
        **_split(figures),
        **_coverage(figures.owner),
        **_paces(figures, today),
    )


def organisation_progress(figures: Figures[OrganisationFigures], today: date) -> OrganisationProgress:
    """Of an organisation with all below it."""
    organisation = OrganisationOfProgress.model_validate(figures.owner)
    return OrganisationProgress(
        organisation=organisation,
        **_period(figures),
        **_counts(figures),
        **_compared(figures),
        **_split(figures),
        **_paces(figures, today),
    )


def collector_progress(figures: Figures[CollectorFigures], today: date) -> CollectorProgress:
    """Of a collector."""
    collector = CollectorOfProgress.model_validate(figures.owner)
    return CollectorProgress(
        collector=collector,
        **_period(figures),
        **_counts(figures),
        **_compared(figures),
        **_split(figures),
        **_paces(figures, today),
    )


def children_progress(
    parent: Figures[UnitFigures],
    children: Iterable[Figures[UnitFigures]],
    direct: DirectFigures,
    today: date,
) -> ChildrenProgress:
    """Of each of the children of a unit, and of the unit itself where something was signed up there: so they add up."""
    items = [
        ChildProgress(
            unit=UnitOfProgress.model_validate(child.owner),
            **_counts(child),
            **_compared(child),
            **_coverage(child.owner),
            **_paces(child, today),
        )
        for child in children
    ]
    unit = UnitOfProgress.model_validate(parent.owner)
    if any(direct):
        items.append(ChildProgress(unit=unit, direct=True, **counts_of(direct), **_NO_COVERAGE, targets=[]))
    return ChildrenProgress(unit=unit, items=items, **_period(parent))


def owner_with_figures(figures: Figures[Any], today: date) -> dict[str, Any]:
    """An owner's fields in a list of several."""
    shown: dict[str, Any] = {**_counts(figures), **_paces(figures, today)}
    match figures.owner:
        case UnitFigures() as unit:
            return {"unit": UnitOfProgress.model_validate(unit), **_coverage(unit), **shown}
        case OrganisationFigures() as organisation:
            owner: dict[str, Any] = {"organisation": OrganisationOfProgress.model_validate(organisation)}
        case collector:
            owner = {"collector": CollectorOfProgress.model_validate(collector)}
    return {**owner, **_NO_COVERAGE, **shown}


def _period(figures: Figures[F]) -> dict[str, Any]:
    return {"scheme": figures.key.scheme, "start": figures.key.start, "on": figures.key.on, **UNTOLD}


def _counts(figures: Figures[F]) -> dict[str, int]:
    return counts_of(figures.owner)


def counts_of(sums: SignedUp) -> dict[str, int]:
    """The fields of `Counts`."""
    new, renewal, cancelled = int(sums.new), int(sums.renewal), int(sums.cancelled)
    counts = {"new": new, "renewal": renewal, "cancelled": cancelled, "net": new + renewal - cancelled}
    return {**counts, "contributions": int(sums.contributions), "without_amount": int(sums.without_amount)}


def _compared(figures: Figures[F]) -> dict[str, Any]:
    key, other = figures.key, figures.other
    if other is None or key.other_days is None:
        return {}
    ours, theirs, days = _counts(figures), counts_of(other), key.other_days
    difference = {name: ours[name] - theirs[name] for name in ProgressDifference.model_fields}
    said = {"period": key.other, "start": days.starts_on, "on": days.ends_on, "difference": difference}
    return {"compared_with": OtherPeriod.model_validate({**theirs, **said})}


def _split(figures: Figures[F]) -> dict[str, Any]:
    if figures.parts is None:
        return {}
    shown, others = largest_first(figures.parts)
    splits = [SplitPart(of=of, **_of_part(sums)) for of, sums in shown]
    together = Sums._make(map(sum, zip(*others, strict=True))) if others else None
    return {"splits": splits, "other_parts": together and OtherParts(parts=len(others), **_of_part(together))}


def _of_part(sums: Sums) -> dict[str, int]:
    return {name: n for name, n in counts_of(sums).items() if name in SplitCounts.model_fields}


def _coverage(unit: UnitFigures) -> dict[str, Any]:
    missing = {"without_baseline": unit.without_baseline}
    if unit.population is None or unit.covered is None:
        return {**_NO_COVERAGE, **missing}
    population, covered = int(unit.population), int(unit.covered)
    return {"population": population, "covered": covered, "coverage": cut(covered / population, 4), **missing}


def _paces(figures: Figures[F], today: date) -> dict[str, Any]:
    calendar = _calendar(figures.targets)
    return {"targets": [_pace(figures, each, today, calendar) for each in figures.targets]}


def _calendar(targets: Sequence[TargetFigures]) -> WorkingCalendar:
    return calendar_of(day for each in targets for day in (each.target.starts_on, each.target.ends_on))


def _pace(figures: Figures[F], each: TargetFigures, today: date, calendar: WorkingCalendar) -> TargetPace:
    target, on = each.target, figures.key.on
    lagged: PaceStatus | None = "behind" if each.lagging else None
    verdict = pace_of(target, _progress_of(figures, each), on, today, calendar, previous=lagged)
    verdict = as_given(verdict, each.given, on, target.ends_on)
    return TargetPace(
        id=target.id,
        name=target.name,
        scope=NamedScope.model_validate(target.scope),
        measure=target.measure,
        value=target.value,
        starts_on=target.starts_on,
        ends_on=target.ends_on,
        attained=verdict.attained,
        expected=verdict.expected,
        ratio=verdict.ratio,
        status=verdict.status,
        severity=verdict.severity,
        short_by=verdict.short_by,
        needed_per_day=verdict.needed_per_day,
        because=verdict.because + _uncounted(figures, each),
    )


def _uncounted(figures: Figures[F], each: TargetFigures) -> str:
    """A stock says nothing of communes that no baseline counts."""
    missing: list[str] = figures.owner.without_baseline if isinstance(figures.owner, UnitFigures) else []
    if each.target.measure not in STOCK_MEASURES or not missing:
        return ""
    return f"; without {len(missing):,} commune{'s' * (len(missing) > 1)} that no baseline counts"


def _progress_of(figures: Figures[F], each: TargetFigures) -> Progress:
    """A stock within its period is the unit's own figure of the day."""
    at_start = (each.covered_at_start, each.population, each.measured_from, each.population_at_start)
    progress = Progress(int(each.achieved), *at_start)
    if each.target.measure not in STOCK_MEASURES or figures.key.on > each.target.ends_on:
        return progress
    unit = figures.owner
    return progress.of_stock(*((unit.covered, unit.population) if isinstance(unit, UnitFigures) else (None, None)))
