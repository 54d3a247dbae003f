"""Pace: is a target where it should be by now? A pure judgement with its reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.calendar import WorkingCalendar
from services.vocabulary import SHARES, PaceStatus, Severity
from targets_api.domain.target import Target

LAGGING: Final[frozenset[PaceStatus]] = frozenset({"behind", "missed"})


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
    `covered_at_start`; coverage needs the `population` as well.
    """

    achieved: int
    covered_at_start: int = 0
    population: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`attained` and `expected` are shares of the way from where the target began; `ratio` is the one by the other.

    `short_by` is whole persons short of what was expected by now, never below zero; `needed_per_day` is persons per
    working day left, from tomorrow on; None where no day is left or nothing is owed.
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


def pace_of(
    target: Target,
    progress: Progress,
    on: date,
    calendar: WorkingCalendar,
    policy: PacePolicy = DEFAULT_POLICY,
    previous: PaceStatus | None = None,
) -> Verdict:
    """Judge the target at the end of the day `on`. `previous` is its status so far, which decides what clears it."""
    goal = goal_of(target, progress)
    # A goal that was reached before the start has no way to go: it is then measured from zero.
    began = progress.covered_at_start if progress.covered_at_start < goal else 0
    attained = (progress.achieved - began) / (goal - began)
    gone, left = _days(target, on, calendar)
    expected = gone / (gone + left)
    # Rounded, so that what is exactly at a threshold on paper is so in binary, too.
    ratio = round(attained / expected, 9) if expected else None
    shortfall = max(0.0, round((goal - began) * (expected - attained), 6))
    owed = goal - progress.achieved
    status = _status(target, on, attained, ratio, shortfall, policy, previous)
    return Verdict(
        status=status,
        severity=_severity(status, ratio, policy),
        attained=attained,
        expected=expected,
        ratio=ratio,
        short_by=math.ceil(shortfall),
        needed_per_day=owed / left if owed > 0 and left else None,
        because=f"{progress.achieved - began:,} of {math.ceil(goal - began):,} persons ({attained:.1%}) by {on}, "
        f"when {expected:.1%} of the working days are gone",
    )


def goal_of(target: Target, progress: Progress) -> float:
    """The value in persons."""
    # Rounded: 0.81 of 39,500 is 31,995, but slightly more in binary floating point, which nobody could ever reach.
    return round(target.value * (progress.population or 0), 6) if target.measure in SHARES else target.value


def _days(target: Target, on: date, calendar: WorkingCalendar) -> tuple[int, int]:
    """Working days gone and left at the end of `on`; calendar days where the period has no working day at all."""
    last_gone = min(on, target.ends_on)
    first_left = max(target.starts_on, last_gone + timedelta(days=1))
    gone = calendar.working_days(target.starts_on, last_gone)
    left = calendar.working_days(first_left, target.ends_on)
    if gone + left:
        return gone, left
    gone = max(0, (last_gone - target.starts_on).days + 1)
    return gone, (target.ends_on - target.starts_on).days + 1 - gone


def _status(
    target: Target,
    on: date,
    attained: float,
    ratio: float | None,
    shortfall: float,
    policy: PacePolicy,
    previous: PaceStatus | None,
) -> PaceStatus:
    if on < target.starts_on:
        return "not_started"
    if attained >= 1:
        return "met"
    if on > target.ends_on:
        return "missed"
    if _lags(ratio, shortfall, policy, previous):
        return "behind"
    return "ahead" if ratio is not None and ratio >= policy.ahead_from else "on_track"


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
