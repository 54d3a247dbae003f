"""Which parts of a split are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

SplitBy: TypeAlias = Literal["channel", "campaign", "kind", "organisation"]
MOST_SHOWN: Final = 50
"""So many parts are shown by themselves."""


class Part(Protocol):
    """The sign-ups of a part."""

    @property
    def new(self) -> int: ...
    @property
    def renewal(self) -> int: ...


P = TypeVar("P", bound=Part)


def largest_first(parts: Mapping[str | None, P], most: int = MOST_SHOWN) -> tuple[list[tuple[str | None, P]], list[P]]:
    """The parts with the most sign-ups, and the others. The part without a name is always shown, as the last one."""
    named = sorted(
        ((of, part) for of, part in parts.items() if of is not None),
        key=lambda each: (-each[1].new - each[1].renewal, each[0]),
    )
    nameless = [(of, part) for of, part in parts.items() if of is None]
    return [*named[:most], *nameless], [part for _, part in named[most:]]
