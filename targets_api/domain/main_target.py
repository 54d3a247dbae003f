"""Which of several targets an owner is ranked by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from services.vocabulary import Measure
from targets_api.domain.target import Target

_MEASURES: Final[tuple[Measure, ...]] = ("new", "renewal", "in_force", "coverage")


def main_target(targets: Iterable[Target]) -> Target | None:
    """The one of the longest period, so that years are compared with years where some have targets of weeks, too; of
    these the one that began last, then by measure, and the one that was set last. None of none."""
    return max(targets, key=_precedence, default=None)


def _precedence(target: Target) -> tuple[timedelta, int, int, int]:
    length = target.ends_on - target.starts_on
    return length, target.starts_on.toordinal(), -_MEASURES.index(target.measure), target.id.int
