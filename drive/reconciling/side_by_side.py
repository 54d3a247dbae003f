"""Streams that are sorted by a key, read side by side in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol, TypeVar


class Keyed(Protocol):
    """Has a key that its stream is sorted by."""

    @property
    def key(self) -> Any: ...


T = TypeVar("T", bound=Keyed)
U = TypeVar("U", bound=Keyed)


async def side_by_side(left: AsyncIterator[T], right: AsyncIterator[U]) -> AsyncIterator[tuple[T | None, U | None]]:
    """What has the same key in both streams, and what is in one alone. In each stream a key comes once."""
    one, other = await anext(left, None), await anext(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.key < other.key):
            yield one, None
            one = await anext(left, None)
        elif one is None or other.key < one.key:
            yield None, other
            other = await anext(right, None)
        else:
            yield one, other
            one, other = await anext(left, None), await anext(right, None)
