"""After entries were taken out of the ledger: targets are counted anew from what is left.

Triggers take the entries out of the tallies, and insert into `recounts` that targets are to be counted. What is then
published again is entered and counted as if it had never been there.
"""

from __future__ import annotations

from typing import Final

import structlog

from services.clock import Clock
from services.context import context_of
from services.ids import FIRST_ID
from services.persistence.database import Database
from targets_api.attainment.recount import recount
from targets_api.reconciliation import queries, store
from targets_api.review.usecases import review

log = structlog.get_logger(__name__)

TARGETS_PER_UNIT_OF_WORK: Final = 100
"""Counting waits while their rows are written."""


async def recount_after_loss(database: Database, clock: Clock) -> None:
    """A runner: count all targets anew where entries were taken out of the ledger since the last time."""
    async with database.read() as session:
        noted = await queries.noted_recounts(session)
    if not noted:
        return
    counted = await _recount_all(database, clock)
    async with database.write() as work:
        await store.delete_recounts(work, noted)
    log.warning("targets_recounted", count=counted, reason="entries were taken out of the ledger")


async def _recount_all(database: Database, clock: Clock) -> int:
    after, counted = FIRST_ID, 0
    while True:
        async with database.write() as work:
            target_ids = await queries.targets_after(work, after, TARGETS_PER_UNIT_OF_WORK)
            await review(work, context_of(clock), sorted(await recount(work, target_ids)))
        counted += len(target_ids)
        if len(target_ids) < TARGETS_PER_UNIT_OF_WORK:
            return counted
        after = target_ids[-1]
