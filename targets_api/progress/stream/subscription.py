"""What a client of a stream has not been sent yet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from services.vocabulary import Scheme
from targets_api.domain.position import Position


@dataclass(frozen=True, slots=True)
class Pending:
    """What has changed up to a position; `reload`: more than can be told."""

    position: Position
    reload: bool
    codes: list[str]


class Subscription:
    """However slow the client is, it holds each unit once: what is sent are the figures of then."""

    def __init__(self, root: str, scheme: Scheme) -> None:
        """Nothing is pending."""
        self.root = root
        self.scheme = scheme
        self.changed = asyncio.Event()
        self._position: Position | None = None
        self._codes: set[str] = set()
        self._reload = False

    def move(self, position: Position) -> None:
        """All that changed up to this position is pending."""
        self._position = position

    def touch(self, codes: Iterable[str]) -> None:
        """These units have changed."""
        self._codes |= set(codes)
        if self._codes:
            self.changed.set()

    def reload(self) -> None:
        """Anything may have changed."""
        self._reload = True
        self._codes.clear()
        self.changed.set()

    def take(self) -> Pending | None:
        """What is to be sent; it is pending no longer. None where there is nothing."""
        self.changed.clear()
        if self._position is None or not (self._reload or self._codes):
            return None
        pending = Pending(self._position, self._reload, sorted(self._codes))
        self._reload, self._codes = False, set()
        return pending

    def put_back(self, pending: Pending) -> None:
        """It could not be sent."""
        if pending.reload:
            self.reload()
        else:
            self.touch(pending.codes)
