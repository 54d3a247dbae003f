"""The clock looks at what was hushed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from notifications.domain.terms import Terms
from notifications.releases.usecases import release
from services.clock import Clock
from services.context import context_of
from services.persistence.database import Database

PAGE: Final = 200


class Releases:
    """Does what is due, page by page, each in a unit of work of its own; any number may run."""

    def __init__(self, database: Database, clock: Clock, terms: Terms, wake: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._terms = terms
        self._wake = wake

    async def look(self) -> None:
        """Do all that is due by now."""
        while await self._page() == PAGE:
            pass

    async def _page(self) -> int:
        async with self._database.write() as work:
            done = await release(work, context_of(self._clock), self._terms, PAGE)
            if done:
                work.after_commit(self._wake)
            return done
