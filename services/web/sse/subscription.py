"""What a client of a stream has not been sent yet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from services.web.sse.position import Position

W = TypeVar("W")

MOST_PENDING: Final = 2_000
"""Of what has changed for one client, and was not sent to it: whoever is further behind reads anew."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What has changed up to a position; `reload`: more than can be told."""

    position: Position
    reload: bool
    keys: list[str]


class Subscription(Generic[W]):
    """However slow the client is, it holds each key once: what is sent is how it is then. `wanted` is what the client
    listens to."""

    def __init__(self, wanted: W) -> None:
        """Nothing is pending."""
        self.wanted = wanted
        self.changed = asyncio.Event()
        self._position: Position | None = None
        self._keys: set[str] = set()
        self._reload = False

    def move(self, position: Position) -> None:
        """All that changed up to this position is pending."""
        self._position = position

    def touch(self, keys: Iterable[str]) -> None:
        """These have changed."""
        if not self._reload:
            self._keys.update(keys)
        if len(self._keys) > MOST_PENDING:
            self.reload()
        elif self._keys:
            self.changed.set()

    def reload(self) -> None:
        """Anything may have changed."""
        self._reload = True
        self._keys.clear()
        self.changed.set()

    def take(self) -> Pending | None:
        """What is to be sent; it is pending no longer. None where there is nothing."""
        self.changed.clear()
        if self._position is None or not (self._reload or self._keys):
            return None
        pending = Pending(self._position, self._reload, sorted(self._keys))
        self._reload, self._keys = False, set()
        return pending

    def put_back(self, pending: Pending) -> None:
        """It could not be sent."""
        if pending.reload:
            self.reload()
        else:
            self.touch(pending.keys)
