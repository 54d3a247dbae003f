"""The clock looks at what routes are to be told again."""

from __future__ import annotations

from collections.abc import Callable

from notifications.channels.registry import repeats_of_state
from notifications.domain.reminder import Intervals
from notifications.domain.terms import Terms
from notifications.reminders.usecases import remind
from services.clock import Clock
from services.context import context_of
from services.persistence.database import Database


class Reminders:
    """Does what is due, page by page, each in a unit of work of its own; any number may run."""

    def __init__(self, database: Database, clock: Clock, terms: Terms, wake: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._terms = terms
        self._intervals = Intervals(terms.repeat, repeats_of_state())
        self._wake = wake

    async def look(self) -> None:
        """Do all that is due by now."""
        while await self._page():
            pass

    async def _page(self) -> int:
        async with self._database.write() as work:
            done = await remind(work, context_of(self._clock), self._terms, self._intervals)
            if done:
                work.after_commit(self._wake)
            return done
