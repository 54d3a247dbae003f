"""After entries were taken out of the ledger: progress is counted anew from what is left.

Triggers take the entries out of the tallies and note in `recounts` that targets are to be counted. What is then
published again is entered and counted as if it had never been there.
"""

from __future__ import annotations

from typing import Final

import structlog

from services.clock import Clock
from services.context import context_of
from services.persistence.database import Database
from targets_api.attainment import locks
from targets_api.attainment.recount import recount
from targets_api.attainment.versions import bump_version
from targets_api.reconciliation import store
from targets_api.review.usecases import review

log = structlog.get_logger(__name__)

TARGETS_PER_UNIT_OF_WORK: Final = 500


async def recount_after_loss(database: Database, clock: Clock) -> None:
    """Count all targets anew where entries were taken out of the ledger since the last time."""
    async with database.read() as reading:
        noted = await store.noted_recounts(reading)
    if not noted:
        return
    counted = await _recount_all(database, clock)
    async with database.write() as work:
        await store.forget_recounts(work, noted)
    log.warning("targets_recounted", count=counted, because="entries were taken out of the ledger")


async def _recount_all(database: Database, clock: Clock) -> int:
    after, counted = store.FIRST_ID, 0
    while True:
        async with database.write() as work:
            await locks.nobody_counting(work)
            target_ids = await store.targets_after(work, after, TARGETS_PER_UNIT_OF_WORK)
            await recount(work, target_ids)
            await review(work, target_ids, context_of(clock))
            await bump_version(work)
        counted += len(target_ids)
        if len(target_ids) < TARGETS_PER_UNIT_OF_WORK:
            return counted
        after = target_ids[-1]
