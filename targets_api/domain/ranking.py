"""Rankings: who comes before whom, who shares a rank, and which rank they had before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

By: TypeAlias = Literal["ratio", "attained", "new", "coverage"]
"""The figure that is ranked by."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a ranking: after all of a higher value, and of those of the same value after all of lower codes.
    Without a value: among those that are not ranked, at the end."""

    value: float | None
    code: str

    def __str__(self) -> str:
        return f"{'' if self.value is None else self.value}:{self.code}"

    @classmethod
    def read(cls, text: str) -> Place:
        """A place as `str` writes it. Raises ValueError."""
        value, _, code = text.partition(":")
        return cls(float(value) if value else None, code)

    @property
    def key(self) -> tuple[bool, float, str]:
        """What to sort by."""
        return self.value is None, -(self.value or 0), self.code


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one stands; `rank` is None where there is nothing to rank by."""

    place: Place
    rank: int | None
    rank_before: int | None

    @property
    def code(self) -> str:
        """Who it is."""
        return self.place.code


def ranks(values: Mapping[str, float | None]) -> dict[str, int]:
    """The rank of each that has a value, the highest first. Equal values share a rank, and as many ranks after it are
    left out (standard competition ranking): 1, 2, 2, 4."""
    first: dict[float, int] = {}
    for rank, value in enumerate(sorted((v for v in values.values() if v is not None), reverse=True), start=1):
        first.setdefault(value, rank)
    return {code: first[value] for code, value in values.items() if value is not None}


def standings(values: Mapping[str, float | None], before: Mapping[str, float | None]) -> list[Standing]:
    """All of `values` in order, each with its rank among those of `before`, who may be others."""
    now, then = ranks(values), ranks(before)
    places = sorted((Place(value, code) for code, value in values.items()), key=lambda place: place.key)
    return [Standing(place, now.get(place.code), then.get(place.code)) for place in places]


def page_of(found: Sequence[Standing], after: Place | None, limit: int) -> Sequence[Standing]:
    """The first `limit` of those that come after the place, whether anybody stands there any more or not."""
    rest = found if after is None else [each for each in found if each.place.key > after.key]
    return rest[:limit]
