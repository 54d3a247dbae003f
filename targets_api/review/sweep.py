"""The sweep: one pass over every target that the passing of time may have changed, page by page.

What was reviewed is noted with each target: what a pass that was cut has left, the next one finds, in any process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from services.clock import Clock
from services.context import context_of
from services.errors import Unavailable
from services.ids import FIRST_ID
from services.persistence.database import Database
from services.persistence.driver_errors import TookTooLong
from services.persistence.locks import try_take
from targets_api.review.queries import due_after
from targets_api.review.store import lock_due
from targets_api.review.usecases import review
from targets_api.tables.locks import SWEEPING

log = structlog.get_logger(__name__)

TARGETS_PER_UNIT_OF_WORK: Final = 50
"""Whoever counts for one of them waits until all are committed."""
MOST_FAILURES_LOGGED: Final = 20


@dataclass
class Swept:
    """What a pass did: how many targets it reviewed, whose review failed, and whether others may be due still."""

    reviewed: int = 0
    failed: list[UUID] = field(default_factory=list)
    is_complete: bool = False


async def sweep(database: Database, clock: Clock, stopping: asyncio.Event | None = None) -> Swept:
    """Review all that is due, until `stopping` is set or another process is found at it.

    A target whose review fails because of its own data is passed over. Raises Unavailable where the database is away.
    """
    return await _Pass(database, clock, stopping or asyncio.Event()).run()


class _Pass:
    def __init__(self, database: Database, clock: Clock, stopping: asyncio.Event) -> None:
        self._database = database
        self._clock = clock
        self._stopping = stopping
        self._is_alone = True
        self._was_left = False
        """Whether another unit of work had one of the targets."""
        self._swept = Swept()

    async def run(self) -> Swept:
        after = FIRST_ID
        while self._goes_on:
            ids = await self._next(after)
            if not ids:
                self._swept.is_complete = not self._was_left
                break
            await self._review_or_halve(ids)
            after = ids[-1]
        return self._swept

    @property
    def _goes_on(self) -> bool:
        return self._is_alone and not self._stopping.is_set()

    async def _next(self, after: UUID) -> Sequence[UUID]:
        async with self._database.read() as session:
            return await due_after(session, self._clock.today(), after, TARGETS_PER_UNIT_OF_WORK)

    async def _review_or_halve(self, ids: Sequence[UUID]) -> None:
        """One unit of work; where it fails, halves, down to the target that fails alone."""
        try:
            await self._review(ids)
        except Exception as error:
            if isinstance(error, Unavailable) and not isinstance(error, TookTooLong):
                raise
            if len(ids) == 1:
                return self._pass_over(ids[0], error)
            middle = len(ids) // 2
            await self._review_or_halve(ids[:middle])
            await self._review_or_halve(ids[middle:])

    async def _review(self, ids: Sequence[UUID]) -> None:
        async with self._database.write() as work:
            self._is_alone = await try_take(work, SWEEPING)
            if not self._is_alone:
                return
            context = context_of(self._clock)
            locked = await lock_due(work, context.today, ids)
            await review(work, context, locked)
        self._swept.reviewed += len(locked)
        self._was_left |= len(locked) < len(ids)

    def _pass_over(self, target_id: UUID, error: Exception) -> None:
        self._swept.failed.append(target_id)
        if len(self._swept.failed) <= MOST_FAILURES_LOGGED:
            log.error("review_failed", target_id=str(target_id), exc_info=error)
