"""The runner that sweeps: at once, when the business day changes, and every hour besides."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Final

import structlog

from services.clock import Clock
from services.observability import Metrics
from services.persistence.database import Database
from services.waiting import pause
from targets_api.review.metrics import SweepMetrics
from targets_api.review.sweep import Swept, sweep

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(hours=1)
"""For what no change of the day makes due: reviews that failed, rows of a restored or older database."""


class Sweeper:
    """Looks every so many seconds whether a sweep is due: where it is not, that costs nothing. Any number may run."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics, seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._seconds = seconds
        self._metrics = metrics.own(SweepMetrics)
        self._metrics.note_ended(clock.now())
        self._stopping = asyncio.Event()
        self._swept_for: tuple[date, datetime] | None = None

    def stop(self) -> None:
        """Finish the unit of work in progress, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. Raises Unavailable where the database is away."""
        while not self._stopping.is_set():
            await self.sweep_if_due()
            await pause(self._seconds, self._stopping)

    async def sweep_if_due(self) -> Swept | None:
        """Sweep; again at the next look where something was left. None where no sweep is due."""
        began, today = self._clock.now(), self._clock.today()
        if self._swept_for and self._swept_for[0] == today and began < self._swept_for[1] + EVERY:
            return None
        swept = await sweep(self._database, self._clock, self._stopping)
        self._note(swept, began)
        if swept.is_complete:
            self._swept_for = today, began
            self._metrics.note_ended(self._clock.now())
        return swept

    def _note(self, swept: Swept, began: datetime) -> None:
        self._metrics.reviewed.inc(swept.reviewed)
        self._metrics.failing.set(len(swept.failed))
        if swept.reviewed or swept.failed:
            seconds = round((self._clock.now() - began).total_seconds(), 1)
            log.info("swept", reviewed=swept.reviewed, failed=len(swept.failed), seconds=seconds)
