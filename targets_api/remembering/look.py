"""A look at the database: how fresh the answers are, and which are to be forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final, get_args

from services.clock import on_day
from services.persistence.unit_of_work import ReadSession
from services.persistence.versions import EVERYTHING
from services.vocabulary import RegistryKind, Scheme
from targets_api.domain.freshness import Freshness, Waiting, stale_since
from targets_api.remembering.memory import Memory
from targets_api.remembering.queries import Change, State, changes_since, current_state
from targets_api.remembering.read import Subject
from targets_api.remembering.waiting import waiting_events

FARTHEST: Final = timedelta(minutes=1)
"""Who last looked longer ago forgets all instead of reading so much of the log."""
_KINDS: Final[dict[str, RegistryKind]] = {kind: kind for kind in get_args(RegistryKind)}


class Look:
    """Looks one after another; each brings the memory up to date."""

    def __init__(self, memory: Memory, confirmed_every: timedelta) -> None:
        """Nothing was seen yet."""
        self._memory = memory
        self._confirmed_every = confirmed_every
        self._seen: tuple[State, date] | None = None
        self._waiting: Waiting | None = None

    async def again(self, session: ReadSession, now: datetime, today: date) -> Freshness:
        """Forget what has changed since the last look; how fresh all answers are that are remembered from now on."""
        state = await current_state(session)
        changes = await self._changes(session, state, today)
        if changes is None:
            self._memory.forget_all()
        else:
            self._memory.forget(_subjects(changes))
        self._memory.kept.snapshot = state.snapshot
        has_changed = self._seen is None or state.number != self._seen[0].number
        self._seen = state, today
        return await self._freshness(session, state, now, on_day(now, today), has_changed)

    async def _changes(self, session: ReadSession, state: State, today: date) -> list[Change] | None:
        """What was touched since the last look; None where that may be anything."""
        if self._seen is None:
            return None
        before, day = self._seen
        if today != day or (state.server, state.unlogged) != (before.server, before.unlogged):
            return None
        if state.number == before.number:
            return []
        if state.at - before.at > FARTHEST:
            return None
        changes = await changes_since(session, before.snapshot)
        return None if any(change.kind == EVERYTHING.kind for change in changes) else changes

    async def _freshness(
        self, session: ReadSession, state: State, now: datetime, at: datetime, has_changed: bool
    ) -> Freshness:
        """How many events wait is read again where something has changed. `at` is `now` on the business day, of which
        the times of events are; those of summaries and of what waits are real, and told as of that day."""
        if has_changed:
            self._waiting = await waiting_events(session) if state.waits else None
        waiting = self._waiting and replace(self._waiting, oldest=self._waiting.oldest + (at - now))
        confirmed_at = state.confirmed_at and state.confirmed_at + (at - now)
        silent = stale_since(state.as_of, confirmed_at, at, self._confirmed_every)
        unconfirmed = stale_since(None, confirmed_at, at, self._confirmed_every)
        return Freshness(state.as_of, waiting, silent, unconfirmed)


def _subjects(changes: Iterable[Change]) -> Iterator[Subject]:
    """What depends on the nodes that have changed."""
    schemes: set[Scheme] = set()
    for change in changes:
        for scheme in [change.scheme] if change.scheme else get_args(Scheme):
            schemes.add(scheme)
            yield Subject(_KINDS[change.kind], change.code, scheme)
    yield from (Subject("any", "", scheme) for scheme in schemes)
