"""The runner that answers reads: those that arrive together share one look at what has changed, and whoever asks the
same shares one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, Final, NamedTuple

from services.batcher import Batcher
from services.clock import Clock
from services.persistence.database import Database
from services.web.etag import Tagged
from targets_api.domain.freshness import Freshness
from targets_api.remembering.body import Body
from targets_api.remembering.look import Look
from targets_api.remembering.memory import Entry, Memory, Question
from targets_api.remembering.read import K, Read

COSTLY_AT_ONCE: Final = 2
"""Of the connections of the pool, so many at most compute costly answers."""


class _Lane(NamedTuple):
    """Keys of a read that are computed together, and wait for no others."""

    read: Read[Any]
    is_costly: bool


class Answers:
    """Answers as bytes, ready to be sent, each of the moment at which it is asked for or later.

    Those for an organisation that may know of its own alone are remembered apart: `own_of` is a part of the key.
    """

    def __init__(self, database: Database, clock: Clock, confirmed_every: timedelta) -> None:
        """Nothing is remembered yet."""
        self._database = database
        self._clock = clock
        self._memory = Memory()
        self._look = Look(self._memory, confirmed_every)
        self._looks: Batcher[Question, tuple[Entry, Freshness]] = Batcher(self._look_for, at_most=1_000)
        self._lanes: dict[_Lane, Batcher[Entry, Body | None]] = {}
        self._costly = asyncio.Semaphore(COSTLY_AT_ONCE)

    async def of(self, read: Read[K], key: K) -> Tagged | None:
        """The answer to the key, None where there is nothing of its code. Raises what computing it raised."""
        entry, fresh = await self._looks.submit(Question(read, key))
        if entry.task is None:
            raise RuntimeError("nothing computes this answer")
        body = entry.task.result() if entry.task.done() else await asyncio.shield(entry.task)
        return None if body is None else body.told(fresh if key.own_of is None else fresh.of_own())

    async def _look_for(self, questions: Sequence[Question]) -> list[tuple[Entry, Freshness]]:
        async with self._database.read() as session:
            now = self._clock.now()
            fresh = await self._look.again(session, now, self._clock.day_of(now))
        return [(self._memory.get(question) or self._begin(question), fresh) for question in questions]

    def _begin(self, question: Question) -> Entry:
        entry = Entry(question)
        self._memory.add(entry)
        entry.task = asyncio.create_task(self._lane_of(question).submit(entry))
        entry.task.add_done_callback(lambda task: self._keep(entry, task))
        return entry

    def _keep(self, entry: Entry, task: asyncio.Task[Body | None]) -> None:
        """Remember an answer, but no failure."""
        if task.cancelled() or task.exception():
            self._memory.drop(entry)
        elif body := task.result():
            self._memory.fill(entry, body.n_bytes)

    def _lane_of(self, question: Question) -> Batcher[Entry, Body | None]:
        read = question.read
        lane = _Lane(read, read.is_costly(question.key, self._memory.kept))
        if lane not in self._lanes:
            self._lanes[lane] = self._batcher(lane)
        return self._lanes[lane]

    def _batcher(self, lane: _Lane) -> Batcher[Entry, Body | None]:
        async def run(entries: Sequence[Entry]) -> list[Body | None]:
            async with self._costly if lane.is_costly else nullcontext():
                return await self._compute(lane.read, entries)

        return Batcher(run, at_most=lane.read.at_most)

    async def _compute(self, read: Read[Any], entries: Sequence[Entry]) -> list[Body | None]:
        """What changes from here on may be missing."""
        for entry in entries:
            entry.has_begun = True
        kept = self._memory.kept
        async with self._database.read() as session:
            session.kept = kept
            found = await read.compute(session, [entry.question.key for entry in entries], self._clock.today())
        return [Body(answer) if answer else None for answer in found]
