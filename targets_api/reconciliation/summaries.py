"""Summaries of which targets lag: the runner that publishes one in each interval."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from services.clock import Clock
from services.context import Context, context_of
from services.contracts.reconciliation import LaggingTarget, PaceSummary, PaceSummaryFacts
from services.contracts.sources import TARGETS_SOURCE
from services.ids import FIRST_ID, new_id
from services.messaging.outbox import emit
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession
from services.reconciliation import listener, schedule, totals
from targets_api.reconciliation import queries
from targets_api.reconciliation.comparison import KINDS
from targets_api.reconciliation.recount import recount_after_loss

TARGETS_PER_SUMMARY: Final = 1000


async def summarise(database: Database, clock: Clock, interval: timedelta, metrics: Metrics) -> None:
    """Publish which targets lag, unless another process has just done so; and keep the totals that are compared."""
    await totals.fold(database)
    await recount_after_loss(database, clock)
    async with database.write() as work:
        context = context_of(clock)
        if await schedule.claim_interval(work, "pace", context.now, interval):
            await emit(work, await _summaries(work, context))
    async with database.read() as session:
        await listener.measure(session, metrics, KINDS)


async def _summaries(session: ReadSession, context: Context) -> list[PaceSummary]:
    """Ranges of ids that together cover all ids; each is read by one statement, and so true of one moment."""
    summaries: list[PaceSummary] = []
    start: UUID | None = None
    while True:
        found = await queries.lagging_from(session, start or FIRST_ID, TARGETS_PER_SUMMARY + 1)
        end = found[-1].target_id if len(found) > TARGETS_PER_SUMMARY else None
        lagging = tuple(LaggingTarget(**each._asdict()) for each in found[:TARGETS_PER_SUMMARY])
        summaries.append(_summary(context, PaceSummaryFacts(from_id=start, until_id=end, lagging=lagging)))
        if end is None:
            return summaries
        start = end


def _summary(context: Context, facts: PaceSummaryFacts) -> PaceSummary:
    return PaceSummary(
        id=new_id(), subject=TARGETS_SOURCE, time=context.now, correlationid=context.correlation_id, data=facts
    )
