"""The timeline of all alerts, as a feed reads it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from notifications.alerts.queries import Filters
from notifications.alerts.stream.queries import changes_since, current_state
from notifications.departures.store import KEPT
from services.clock import Clock
from services.context import context_of
from services.persistence.unit_of_work import ReadSession
from services.web.sse.feed import Look, Touched
from services.web.sse.position import Position

_UNSIGNED = 2**64


@dataclass(frozen=True)
class AlertLog:
    """What has changed with alerts; the keys are their ids."""

    clock: Clock
    reach = KEPT

    async def look(self, session: ReadSession) -> Look:
        """Beside the log is what organisations are called, and what hushes alerts, which begins and ends with time."""
        state = await current_state(session, context_of(self.clock).at)
        beside = f"{state.beside % _UNSIGNED:x}"
        return Look(Position(state.server, state.at, beside, state.snapshot), state.snapshot)

    async def touched(self, session: ReadSession, since: str, wanted: Collection[Filters]) -> Touched[Filters]:
        """The alerts that are, or were, among those of the filters."""
        changes = await changes_since(session, since)
        return {each: [str(change.id) for change in changes if change.concerns(each)] for each in wanted}
