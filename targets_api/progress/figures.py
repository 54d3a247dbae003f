"""The figures of an owner in a period, as they were read: sign-ups, what was paid, coverage, targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from services.vocabulary import Scheme, UnitLevel
from targets_api.domain.series import Days, Other, same_days
from targets_api.domain.splits import SplitBy
from targets_api.progress.split_sums import Parts
from targets_api.progress.sums import Sums
from targets_api.progress.target_figures import TargetFigures


class ProgressKey(NamedTuple):
    """What is asked for: whose progress in which scheme, from which day to which, both included.

    `own_of`: the organisation that asks, where it may know of its own alone. `other`: the period to compare with;
    `split`: what the sign-ups are split by.
    """

    code: str
    scheme: Scheme
    start: date
    on: date
    own_of: str | None = None
    other: Other | None = None
    split: SplitBy | None = None

    @property
    def other_days(self) -> Days | None:
        """The same days of the other period."""
        return same_days(Days(self.start, self.on), self.other) if self.other else None


class UnitFigures(NamedTuple):
    """A unit with all below it; `place` is that of its key, from 1. `covered` and `population` need a baseline, its
    own or those of its parts; `without_baseline` are the communes that none counts."""

    place: int
    new: int
    renewal: int
    cancelled: int
    contributions: int
    without_amount: int
    code: str
    name: str
    level: UnitLevel
    population: int | None
    covered: int | None
    without_baseline: list[str]


class DirectFigures(NamedTuple):
    """Sign-ups of a unit itself, and of none below it."""

    new: int
    renewal: int
    cancelled: int
    contributions: int
    without_amount: int


class OrganisationFigures(NamedTuple):
    """An organisation with all below it."""

    place: int
    new: int
    renewal: int
    cancelled: int
    contributions: int
    without_amount: int
    code: str
    name: str


class CollectorFigures(NamedTuple):
    """A collector."""

    place: int
    new: int
    renewal: int
    cancelled: int
    contributions: int
    without_amount: int
    code: str
    organisation_code: str


F = TypeVar("F", UnitFigures, OrganisationFigures, CollectorFigures)


@dataclass(frozen=True, slots=True)
class Figures(Generic[F]):
    """An owner's figures, with those of its targets, what was signed up in the period to compare with, and the parts
    of a split."""

    key: ProgressKey
    owner: F
    targets: Sequence[TargetFigures]
    other: Sums | None = None
    parts: Parts | None = None


def direct_figures(unit: UnitFigures, children: Sequence[UnitFigures]) -> DirectFigures:
    """What was signed up in the unit itself: what it has beyond its children, all of them read by one statement."""
    return DirectFigures._make(
        getattr(unit, name) - sum(getattr(child, name) for child in children) for name in DirectFigures._fields
    )
