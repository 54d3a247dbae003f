"""The runner that reads progress: concurrent reads share a run, and the same question is answered once per version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from services.batcher import Batcher
from services.clock import Clock
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession
from services.web.etag import Tagged, tagged
from targets_api.domain.freshness import Freshness, stale_since
from targets_api.domain.owner import NoSuchOwner
from targets_api.hierarchy.queries import known_codes
from targets_api.progress.own_figures import without_others
from targets_api.progress.progress_view import (
    children_progress,
    collector_progress,
    organisation_progress,
    unit_progress,
)
from targets_api.progress.queries import (
    COLLECTORS,
    ORGANISATIONS,
    UNITS,
    Owner,
    ProgressKey,
    children_of,
    direct_figures,
    figures_of,
)
from targets_api.progress.waiting import current_state, waiting_events

View: TypeAlias = Callable[[Any, date, Freshness], BaseModel]
MOST_REMEMBERED: Final = 10_000
MOST_CHILDREN_REMEMBERED: Final = 200
"""Answers of many children have some 100 KB each."""
CHILDREN_PER_RUN: Final = 8


@dataclass(frozen=True, slots=True)
class _Version:
    """What remembered answers depend on."""

    number: int
    as_of: datetime | None
    stale_since: datetime | None
    unconfirmed_since: datetime | None
    waits: bool
    today: date


@dataclass(slots=True)
class _Remembered:
    """Answers of one version; what waits is read with the first of them."""

    version: _Version
    freshness: Freshness | None = None
    answers: dict[tuple[str, ProgressKey], Tagged | None] = field(default_factory=dict)
    children: dict[ProgressKey, Tagged | None] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether there are more than are to be kept."""
        return len(self.answers) > MOST_REMEMBERED or len(self.children) > MOST_CHILDREN_REMEMBERED

    async def fresh(self, session: ReadSession) -> Freshness:
        """How fresh the answers are."""
        if self.freshness is None:
            version = self.version
            waiting = await waiting_events(session) if version.waits else None
            self.freshness = Freshness(version.as_of, waiting, version.stale_since, version.unconfirmed_since)
        return self.freshness


class ProgressReader:
    """Answers as bytes, ready to be sent.

    Those for an organisation that may know of its own alone are remembered apart: `own_of` is a part of the question.
    """

    def __init__(self, database: Database, clock: Clock, confirmed_every: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._confirmed_every = confirmed_every
        self._remembered: _Remembered | None = None
        self._units = self._batcher(UNITS, unit_progress)
        self._organisations = self._batcher(ORGANISATIONS, organisation_progress)
        self._collectors = self._batcher(COLLECTORS, collector_progress)
        self._children = Batcher(self._read_children, at_most=CHILDREN_PER_RUN)

    async def of_unit(self, key: ProgressKey) -> Tagged:
        """The unit with all below it. Raises NoSuchOwner."""
        return _found("unit", key, await self._units.submit(key))

    async def of_organisation(self, key: ProgressKey) -> Tagged:
        """The organisation with all below it. Raises NoSuchOwner."""
        return _found("organisation", key, await self._organisations.submit(key))

    async def of_collector(self, key: ProgressKey) -> Tagged:
        """The collector. Raises NoSuchOwner."""
        return _found("collector", key, await self._collectors.submit(key))

    async def of_children(self, key: ProgressKey) -> Tagged:
        """Each unit directly below the unit, and what was signed up in itself. Raises NoSuchOwner."""
        return _found("unit", key, await self._children.submit(key))

    def _batcher(self, owner: Owner[Any], view: View) -> Batcher[ProgressKey, Tagged | None]:
        async def run(keys: Sequence[ProgressKey]) -> Sequence[Tagged | None]:
            return await self._read(owner, view, keys)

        return Batcher(run)

    async def _read(self, owner: Owner[Any], view: View, keys: Sequence[ProgressKey]) -> Sequence[Tagged | None]:
        today = self._clock.today()
        async with self._database.read() as session:
            remembered = await self._still_true(session, today)
            answers = remembered.answers
            missing = [key for key in dict.fromkeys(keys) if (owner.name, key) not in answers]
            if missing:
                fresh = await remembered.fresh(session)
                found = await without_others(session, await figures_of(session, owner, missing, today))
                for key, figures in zip(missing, found, strict=True):
                    answers[owner.name, key] = _bytes(view(figures, today, fresh)) if figures else None
        return [answers[owner.name, key] for key in keys]

    async def _read_children(self, keys: Sequence[ProgressKey]) -> Sequence[Tagged | None]:
        today = self._clock.today()
        async with self._database.read() as session:
            remembered = await self._still_true(session, today)
            answers = remembered.children
            for key in dict.fromkeys(keys):
                if key not in answers:
                    answers[key] = await _children(session, key, today, await remembered.fresh(session))
        return [answers[key] for key in keys]

    async def _still_true(self, session: ReadSession, today: date) -> _Remembered:
        """The answers given before, as long as nothing has changed since; they are shared by all who read them.

        A run of another owner may put newer ones in place meanwhile; each goes on with those it began with.
        """
        state = await current_state(session)
        now, interval = self._clock.now(), self._confirmed_every
        silent = stale_since(state.as_of, state.confirmed_at, now, interval)
        unconfirmed = stale_since(None, state.confirmed_at, now, interval)
        version = _Version(state.number, state.as_of, silent, unconfirmed, state.waits, today)
        before = self._remembered
        if before is None or before.version != version or before.is_full:
            self._remembered = before = _Remembered(version)
        return before


async def _children(session: ReadSession, key: ProgressKey, today: date, fresh: Freshness) -> Tagged | None:
    key = key._replace(code=(await known_codes(session, "unit", [key.code])).get(key.code, key.code))
    keys = [key, *(key._replace(code=code) for code in await children_of(session, key.code))]
    unit, *found = await figures_of(session, UNITS, keys, today)
    if unit is None:
        return None
    children = [child for child in found if child]
    direct = direct_figures(unit.owner, [child.owner for child in children])
    return _bytes(children_progress(unit, children, direct, today, fresh))


def _bytes(answer: BaseModel) -> Tagged:
    return tagged(answer.model_dump_json(by_alias=True).encode())


def _found(owner: str, key: ProgressKey, answer: Tagged | None) -> Tagged:
    if answer is None:
        raise _unknown(owner, key)
    return answer


def _unknown(owner: str, key: ProgressKey) -> NoSuchOwner:
    return NoSuchOwner(
        f"no {owner} {key.code} is known here: check the code; what was registered just now arrives within moments"
    )
