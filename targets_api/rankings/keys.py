"""What is asked of a ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from services.vocabulary import Measure, RegistryKind, Scheme, UnitLevel
from targets_api.domain.ranking import By, Place
from targets_api.domain.target import Target

Level: TypeAlias = Literal[UnitLevel, "organisation", "collector"]
Day: TypeAlias = tuple[str, date]
"""A candidate on a day."""
Values: TypeAlias = dict[Day, float]
"""Nothing of who has nothing to rank by."""


class RankingKey(NamedTuple):
    """What is asked for: who is ranked, by what, from `start` to `on` and as it was on the day `before`.

    `own_of`: the organisation that asks, where it may know of its own alone.
    """

    level: Level
    under: str | None
    scheme: Scheme
    by: By
    measure: Measure | None
    start: date
    on: date
    before: date
    own_of: str | None = None

    @property
    def kind(self) -> RegistryKind:
        """What is ranked."""
        match self.level:
            case "organisation" | "collector" as kind:
                return kind
            case _:
                return "unit"


class PageKey(NamedTuple):
    """A page of a ranking: so many of those that come after a place."""

    ranking: RankingKey
    limit: int
    after: Place | None

    @property
    def own_of(self) -> str | None:
        """The organisation that asks, where it may know of its own alone."""
        return self.ranking.own_of


@dataclass(frozen=True)
class Ranked:
    """Whose values are asked for, on which days; `main` is filled with the targets by which they are ranked."""

    key: RankingKey
    days: Sequence[Day]
    today: date
    main: dict[str, Target] = field(default_factory=dict)


class Period(NamedTuple):
    """Whose sign-ups are summed; of a collector for an organisation, where one is named."""

    code: str
    organisation_code: str | None
    since: date
    until: date
