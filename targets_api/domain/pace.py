"""Pace: is a target where it should be by now? A pure judgement with its reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

from services.calendar import WorkingCalendar
from services.vocabulary import SHARES, PaceStatus, Severity
from targets_api.domain.period import Elapsed, elapsed, last_day_over
from targets_api.domain.rounding import cut, raised
from targets_api.domain.target import Target

LAGGING: Final[frozenset[PaceStatus]] = frozenset({"behind", "missed"})
LEAST_WAY: Final = 0.05
"""Of the goal. A stock that began closer to its goal, or above it, is measured on this last part of the goal, since a
share of next to nothing says nothing."""


@dataclass(frozen=True, slots=True)
class PacePolicy:
    """When a target counts as behind. Ratios are attained / expected.

    The threshold to raise is below the one to clear (hysteresis), so that a target between them does not alternate. A
    target that is short by less than `material_persons` is not behind, such as with two of an expected three.
    """

    behind_below: float = 0.90
    critical_below: float = 0.60
    clears_at: float = 0.95
    ahead_from: float = 1.10
    material_persons: float = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a target has come, in persons.

    For new and renewal: sign-ups in the period, from zero. For in_force and coverage: persons covered, from
    `covered_at_start`, which was counted on the day before `measured_from` where that is after the start of the period;
    coverage needs the `population` as well, and that of the count at the start where the two differ.
    """

    achieved: int
    covered_at_start: int = 0
    population: int | None = None
    measured_from: date | None = None
    population_at_start: int | None = None

    def of_stock(self, covered: int | None, population: int | None) -> Progress:
        """A stock on a day of its period: as many as are covered in the unit then. What was not counted yet stands
        where it began."""
        if covered is None or population is None:
            return replace(self, achieved=self.covered_at_start)
        return replace(self, achieved=int(covered), population=int(population))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`attained` and `expected` are shares of the way from where the target began; `ratio` is the one by the other.

    `short_by` is whole persons short of what was expected by now, never below zero; `needed_per_day` is persons for
    each day left that counts, the running day included; None where no day is left or nothing is owed. Shares have three
    decimal places and are cut, `needed_per_day` has one and is rounded up: nothing is shown as reached before it is.
    """

    status: PaceStatus
    severity: Severity | None
    attained: float
    expected: float
    ratio: float | None
    short_by: int
    needed_per_day: float | None
    because: str

    @property
    def lags(self) -> bool:
        """Somebody has to act."""
        return self.status in LAGGING


DEFAULT_POLICY: Final = PacePolicy()


@dataclass(frozen=True)
class _Way:
    """From where a target began to its goal, in persons, and how much of it is behind it. A batch judges hundreds of
    targets: each share is computed once."""

    began: int
    goal: int
    achieved: int
    level: float
    """What is expected by now: the goal itself where it was reached at the start."""

    @cached_property
    def base(self) -> float:
        """Where shares of the way are zero."""
        return min(self.began, self.goal * (1 - LEAST_WAY))

    @cached_property
    def attained(self) -> float:
        """Zero where persons were lost since the start."""
        return max(0.0, self.share_of(self.achieved))

    @cached_property
    def expected(self) -> float:
        return self.share_of(self.level)

    @cached_property
    def ratio(self) -> float | None:
        # Rounded, so that what is exactly at a threshold on paper is so in binary, too.
        return round(self.attained / self.expected, 9) if self.expected > 0 else None

    @cached_property
    def shortfall(self) -> float:
        return max(0.0, round(self.level - self.achieved, 6))

    def share_of(self, level: float) -> float:
        return round((level - self.base) / (self.goal - self.base), 9)


def pace_of(
    target: Target,
    progress: Progress,
    on: date,
    today: date,
    calendar: WorkingCalendar,
    policy: PacePolicy = DEFAULT_POLICY,
    previous: PaceStatus | None = None,
) -> Verdict:
    """Judge the target as of the day `on`: what is expected is for the days that are over, of which `today` is none.

    `previous` is its status so far, which decides what clears it.
    """
    days = _days(target, progress, last_day_over(on, today), calendar)
    way = _way(target, progress, days.share)
    owed = way.goal - way.achieved
    status = _status(target, on, way, days, policy, previous)
    return Verdict(
        status=status,
        severity=_severity(status, way.ratio, policy),
        attained=cut(way.attained, 3),
        expected=cut(way.expected, 3),
        ratio=None if way.ratio is None else cut(way.ratio, 3),
        short_by=math.ceil(way.shortfall),
        needed_per_day=raised(owed / days.left, 1) if owed > 0 and days.left else None,
        because=_because(way, on, days) + _since(target, progress),
    )


def level_of(target: Target, progress: Progress, over_until: date, calendar: WorkingCalendar) -> float:
    """How many persons are expected by the end of the day `over_until`, in a stock with those it began with."""
    return _way(target, progress, _days(target, progress, over_until, calendar).share).level


def goal_of(target: Target, progress: Progress) -> int:
    """The value in whole persons."""
    # Rounded: 0.81 of 39,500 is 31,995, but slightly more in binary floating point, which nobody could ever reach.
    goal = round(target.value * (progress.population or 0), 6) if target.measure in SHARES else target.value
    return max(1, math.ceil(goal))


def _days(target: Target, progress: Progress, over_until: date, calendar: WorkingCalendar) -> Elapsed:
    first = max(target.starts_on, progress.measured_from or target.starts_on)
    return elapsed(min(first, target.ends_on), target.ends_on, over_until, calendar)


def _way(target: Target, progress: Progress, share: float) -> _Way:
    began, goal = _began(target, progress), goal_of(target, progress)
    level = began + (goal - began) * share if began < goal else goal
    return _Way(began, goal, progress.achieved, level)


def _began(target: Target, progress: Progress) -> int:
    """Persons covered at the start; for a share, as many of the present population as were covered of that one."""
    began, now, then = progress.covered_at_start, progress.population, progress.population_at_start
    return round(began * now / then) if target.measure in SHARES and now and then else began


def _status(
    target: Target, on: date, way: _Way, days: Elapsed, policy: PacePolicy, previous: PaceStatus | None
) -> PaceStatus:
    if on < target.starts_on:
        return "not_started"
    if way.achieved >= way.goal:
        return "met"
    if not days.left:
        return "missed"
    if _lags(way.ratio, way.shortfall, policy, previous):
        return "behind"
    return "ahead" if way.ratio is not None and way.ratio >= policy.ahead_from else "on_track"


def _lags(ratio: float | None, shortfall: float, policy: PacePolicy, previous: PaceStatus | None) -> bool:
    if previous in LAGGING:
        # Missing data is not recovery: only a ratio that is there and good enough clears.
        return ratio is None or ratio < policy.clears_at
    return ratio is not None and ratio < policy.behind_below and shortfall >= policy.material_persons


def _severity(status: PaceStatus, ratio: float | None, policy: PacePolicy) -> Severity | None:
    if status == "missed":
        return "critical"
    if status == "behind":
        return "critical" if ratio is not None and ratio < policy.critical_below else "warning"
    return None


def _because(way: _Way, on: date, days: Elapsed) -> str:
    if way.base < way.began or way.achieved < way.began:
        return f"{way.achieved:,} of {way.goal:,} persons by {on}, when {math.ceil(way.level):,} are expected"
    done, all_of_it = way.achieved - way.began, way.goal - way.began
    time = f"when {cut(days.share, 3):.1%} of the {days.name} are over"
    return f"{done:,} of {all_of_it:,} persons ({cut(way.attained, 3):.1%}) by {on}, {time}"


def _since(target: Target, progress: Progress) -> str:
    """Where the days are not those of the whole period."""
    first = progress.measured_from
    return f", of those since the first baseline, from {first} on" if first and first > target.starts_on else ""
