"""Where a unit is told: below the one that it is part of, or the one that took its place."""

from __future__ import annotations

from collections.abc import Sequence


def place_of(parent_code: str | None, successors: Sequence[str]) -> str | None:
    """The unit that this one lies directly below.

    A unit that ended in favour of a single one is told below that, with all its days: what was signed up there is what
    the people of the successor have signed up. Of several, which one cannot be told: it stays below its parent.
    """
    return successors[0] if len(successors) == 1 else parent_code
