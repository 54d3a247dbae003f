"""Lists that are dealt with some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

MOST: Final = 500
"""What a page of the API has at most."""


def pages(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in their order, at most `size` at a time; nothing of an empty list."""
    return (items[start : start + size] for start in range(0, len(items), size))
