"""The days of which the curve of a target has points, and the value that the target had on each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

from targets_api.domain.target import Target

_DAY = timedelta(days=1)


class Revised(NamedTuple):
    """A revision, by its version: the value before it, its own, and from which day on that holds."""

    version: int
    value_before: float
    value: float
    holds_from: date


def days_of_curve(target: Target, most: int, today: date) -> list[date]:
    """Every day of the period, as long as the target was not withdrawn; where these are more than `most`, every n-th,
    and always the last one and today."""
    last = min(target.ends_on, target.withdrawn_on - _DAY) if target.withdrawn_on else target.ends_on
    length = (last - target.starts_on).days + 1
    step = 1 if length <= most else -(-length // (most - 1))
    days = {last - timedelta(days=n) for n in range(0, length, step)}
    return sorted(days | ({today} if target.starts_on <= today <= last else set()))


def value_on(target: Target, revisions: Sequence[Revised], day: date, today: date) -> float:
    """That of the newest revision that held on the day; today and later that of the target."""
    if day >= today or not revisions:
        return target.value
    held = [each for each in revisions if each.holds_from <= day]
    if held:
        return max(held, key=lambda each: each.version).value
    return min(revisions, key=lambda each: each.version).value_before


def reached_by(days: Iterable[date], signed_up: Mapping[date, int]) -> dict[date, int]:
    """How many were signed up by the end of each of the days."""
    known = sorted(signed_up)
    totals = list(accumulate((signed_up[day] for day in known), initial=0))
    return {day: totals[bisect_right(known, day)] for day in days}
