"""Who signs up when: made up, and the same at every run. Pure.

Post offices send on Sundays what a launch day brought, and what came in since the Sunday before. A fortnight is quiet:
where little was signed up before, targets fall behind then. Of these some catch up, and some do not.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from drive.demo.province.places import COMMUNES, UNITS

STARTS_ON: Final = date(2025, 11, 2)
ENDS_ON: Final = date(2025, 12, 31)
BASELINE_ON: Final = STARTS_ON - timedelta(days=1)
QUIET_FROM: Final = date(2025, 11, 17)
QUIET_UNTIL: Final = date(2025, 11, 28)
AFTER_QUIET: Final = date(2025, 11, 30)
WEEK_BEFORE_END: Final = ENDS_ON - timedelta(days=7)
WORKING_DAYS: Final = 43
WORKING_DAYS_OVER: Final[Mapping[date, int]] = {WEEK_BEFORE_END: 38, ENDS_ON: 42}
"""Of these, when the last day is running: that day is none of them."""
SENDING_DAYS: Final = (
    STARTS_ON,
    date(2025, 11, 9),
    date(2025, 11, 16),
    AFTER_QUIET,
    date(2025, 12, 7),
    date(2025, 12, 14),
    date(2025, 12, 21),
    ENDS_ON,
)
"""Sundays, but for the last: on each everything is sent that was signed up since the one before."""
Course: TypeAlias = Literal["steady", "catches_up", "lags"]
CATCHING_UP: Final = frozenset({"BHXH-QUAN-HOA", "BHXH-BA-THUOC", "BHXH-LANG-CHANH", "BHXH-THUONG-XUAN"})
LAGGING: Final = frozenset({"BHXH-MUONG-LAT", "BHXH-QUAN-SON"})
FALL_BEHIND: Final = CATCHING_UP | LAGGING
_SHARES: Final[Mapping[Course, tuple[float, ...]]] = {
    "steady": (0.20, 0.36, 0.56, 0.68, 0.78, 0.88, 0.96, 1.02),
    "catches_up": (0.20, 0.30, 0.34, 0.40, 0.68, 0.80, 0.94, 1.00),
    "lags": (0.20, 0.30, 0.34, 0.39, 0.48, 0.56, 0.64, 0.72),
}
"""Of its target, signed up by each of SENDING_DAYS; it is these that decide who is behind when."""
_SPREAD: Final[Mapping[Course, float]] = {"steady": 0.3, "catches_up": 0.02, "lags": 0.03}
"""How much better than that a commune may do."""
_WEEKEND_WEIGHT: Final = 10
"""Times as many as on a working day."""
LAUNCH_DAY, HOME_VISIT = "launch_day", "home_visit"


@dataclass(frozen=True, slots=True)
class Planned:
    """One sign-up: in which commune, on which day."""

    commune: str
    on: date

    @property
    def channel(self) -> str:
        """Launch days are at week-ends."""
        return LAUNCH_DAY if _is_weekend(self.on) else HOME_VISIT


def course_of(commune: str) -> Course:
    """How the commune fares: as its unit does."""
    return _COURSES[commune]


def baseline(commune: str) -> tuple[int, int]:
    """How many could take part in voluntary social insurance, and how many do: made up."""
    randomness = random.Random(f"baseline {commune}")
    population = randomness.randrange(9_000, 15_000)
    return population, population * randomness.randrange(20, 60) // 1_000


def signed_up_by(commune: str, target: int) -> list[int]:
    """Persons in all by each of SENDING_DAYS."""
    course = course_of(commune)
    better = 1 + random.Random(f"course {commune}").uniform(0, _SPREAD[course])
    whole = math.ceil if course == "steady" else round
    return [whole(target * share * better) for share in _SHARES[course]]


def plan(targets: Mapping[str, int]) -> dict[date, list[Planned]]:
    """What is sent on each of SENDING_DAYS, for the target of each commune."""
    randomness = random.Random("60 days")
    sent: dict[date, list[Planned]] = {day: [] for day in SENDING_DAYS}
    for commune in COMMUNES:
        before = 0
        for day, in_all in zip(SENDING_DAYS, signed_up_by(commune, targets[commune]), strict=True):
            days, weights = _days_until(day)
            sent[day] += [Planned(commune, on) for on in randomness.choices(days, weights, k=in_all - before)]
            before = in_all
    return sent


def _days_until(sending_day: date) -> tuple[list[date], list[int]]:
    """The days since the one before on which anybody signs up, and how many do."""
    before = max((day for day in SENDING_DAYS if day < sending_day), default=STARTS_ON - timedelta(days=1))
    since = [before + timedelta(days=n) for n in range(1, (sending_day - before).days + 1)]
    days = [day for day in since if not QUIET_FROM <= day <= QUIET_UNTIL]
    return days, [_WEEKEND_WEIGHT if _is_weekend(day) else 1 for day in days]


def _is_weekend(day: date) -> bool:
    return day.weekday() >= 5


def _course_of_unit(code: str) -> Course:
    if code in LAGGING:
        return "lags"
    return "catches_up" if code in CATCHING_UP else "steady"


_COURSES: Final[Mapping[str, Course]] = {
    commune: _course_of_unit(unit.code) for unit in UNITS for commune in unit.communes
}
