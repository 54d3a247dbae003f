"""Reads of curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, NamedTuple, get_args
from uuid import UUID

from services.calendar import WorkingCalendar
from services.holidays import calendar_of
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import RegistryKind, Scheme, Scope
from targets_api.curves import queries
from targets_api.curves.schemas import PaceCurve, PacePoint
from targets_api.domain.curve import days_of_curve, reached_by, value_on
from targets_api.domain.pace import Progress, level_of
from targets_api.domain.period import last_day_over
from targets_api.domain.rounding import raised
from targets_api.domain.target import STOCK_MEASURES, Target
from targets_api.progress.schemas import NamedScope
from targets_api.remembering.read import Read, Subject, on_collector, on_organisation, on_unit, one_by_one
from targets_api.remembering.schemas import UNTOLD
from targets_api.targets.queries import ONE

MOST_POINTS: Final = 400
MOST_OF_STOCKS: Final = 54
"""A point of a stock is made of the baselines at or below the unit: in a province of 166. A year has one a week."""


class CurveKey(NamedTuple):
    """Whose target's curve is asked for. `own_of`: the organisation that asks, where it may know of its own alone."""

    kind: RegistryKind
    code: str
    target_id: UUID
    own_of: str | None = None


async def read_curve(session: ReadSession, key: CurveKey, today: date) -> PaceCurve | None:
    """The curve; None where the owner has no such target, or the reader may not know of it."""
    target = await session.first(ONE, {"id": key.target_id, "own_of": key.own_of})
    if target is None or not _is_of(target.scope, key):
        return None
    is_stock = target.measure in STOCK_MEASURES
    days = days_of_curve(target, MOST_OF_STOCKS if is_stock else MOST_POINTS, today)
    past = [day for day in days if day <= today]
    reached = await (_stocks if is_stock else _flows)(session, target, past)
    return PaceCurve(
        target_id=target.id,
        scope=NamedScope.model_validate(target.scope),
        scheme=target.scheme,
        measure=target.measure,
        starts_on=target.starts_on,
        ends_on=target.ends_on,
        on=today,
        points=await _points(session, target, days, reached, today),
        **UNTOLD,
    )


def _is_of(scope: Scope, key: CurveKey) -> bool:
    """Whether progress shows such a target of the owner."""
    code = {"unit": scope.unit_code, "organisation": scope.organisation_code, "collector": scope.collector_code}
    narrower = {"unit": (scope.organisation_code, scope.collector_code), "organisation": (scope.collector_code,)}
    return (code[key.kind] or "").upper() == key.code.upper() and not any(narrower.get(key.kind, ()))


async def _flows(session: ReadSession, target: Target, days: Sequence[date]) -> dict[date, Progress]:
    if not days:
        return {}
    reached = reached_by(days, await queries.signed_up(session, target, days[-1]))
    return {day: Progress(reached[day]) for day in days}


async def _stocks(session: ReadSession, target: Target, days: Sequence[date]) -> dict[date, Progress]:
    start, stocks = await queries.begun(session, target), await queries.stocks_on(session, target, days)
    found = {day: (stock.covered, stock.population) for day, stock in stocks.items()}
    return {day: start.of_stock(*found.get(day, (None, None))) for day in days}


async def _points(
    session: ReadSession, target: Target, days: Sequence[date], reached: dict[date, Progress], today: date
) -> list[PacePoint]:
    """Days to come are expected of what is known of the last one that has come."""
    revisions, calendar = await queries.revisions_of(session, target), calendar_of([target.starts_on, target.ends_on])
    latest = await _latest(session, target, reached)
    return [
        PacePoint(
            on=day,
            achieved=reached[day].achieved if day in reached else None,
            expected=_expected(
                replace(target, value=value_on(target, revisions, day, today)),
                reached.get(day, latest),
                day,
                today,
                calendar,
            ),
        )
        for day in days
    ]


async def _latest(session: ReadSession, target: Target, reached: dict[date, Progress]) -> Progress:
    return reached[max(reached)] if reached else await queries.begun(session, target)


def _expected(target: Target, progress: Progress, day: date, today: date, calendar: WorkingCalendar) -> float:
    """By the end of the day; of the running day nothing is expected yet."""
    over = last_day_over(day, today) if day <= today else day
    return raised(level_of(target, progress, over, calendar), 1)


_ON: Final[Mapping[RegistryKind, Callable[[str, Scheme], Sequence[Subject]]]] = {
    "unit": on_unit,
    "organisation": on_organisation,
    "collector": on_collector,
}


def _depends_on(key: CurveKey) -> Sequence[Subject]:
    """The scheme is the target's, which is not known yet."""
    return [subject for scheme in get_args(Scheme) for subject in _ON[key.kind](key.code, scheme)]


PACE: Final = Read("pace", one_by_one(read_curve), _depends_on, is_costly=lambda _, __: True, at_most=4)
