"""The runner that reviews every target that the passing of time may have changed."""

from __future__ import annotations

from typing import Final

from services.clock import Clock
from services.context import context_of
from services.persistence.database import Database
from targets_api.review.store import lock_due
from targets_api.review.usecases import review

TARGETS_PER_UNIT_OF_WORK: Final = 500


async def sweep(database: Database, clock: Clock) -> None:
    """Review them, some hundred in a unit of work."""
    while True:
        async with database.write() as work:
            context = context_of(clock)
            target_ids = await lock_due(work, context.today, TARGETS_PER_UNIT_OF_WORK)
            await review(work, context, target_ids)
        if len(target_ids) < TARGETS_PER_UNIT_OF_WORK:
            return
