"""Summarise which targets lag, and tell a listener again where those stand that it asks about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from services.clock import Clock
from services.context import context_of
from services.contracts.reconciliation import PaceSummary, PaceSummaryFacts, ResendRequested
from services.contracts.sources import TARGETS_SOURCE
from services.ids import new_id
from services.messaging.outbox import emit
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.reconciliation import listener as listening
from services.reconciliation import resends, schedule, totals
from targets_api.attainment.versions import bump_version
from targets_api.domain.episode import Known
from targets_api.reconciliation import store
from targets_api.reconciliation.comparison import KINDS
from targets_api.reconciliation.recount import recount_after_loss
from targets_api.review.events import PaceEvent
from targets_api.review.usecases import review_and_report_again

log = structlog.get_logger(__name__)

TARGETS_PER_SUMMARY: Final = 1000


async def summarise(database: Database, clock: Clock, interval: timedelta, metrics: Metrics) -> None:
    """Publish which targets lag, unless another process has just done so; and keep the house for comparing."""
    await totals.fold(database)
    await recount_after_loss(database, clock)
    async with database.write() as work:
        if await schedule.claim_interval(work, "pace", clock.now(), interval):
            await emit(work, await _summaries(work, clock))
    async with database.read() as reading:
        await listening.measure(reading, metrics, KINDS)


async def _summaries(session: ReadSession, clock: Clock) -> list[PaceSummary]:
    """Ranges of ids that together cover all ids; each is read by one statement, and so true of one moment."""
    summaries: list[PaceSummary] = []
    start: UUID | None = None
    while True:
        found = await store.lagging_from(session, start or store.FIRST_ID, TARGETS_PER_SUMMARY + 1)
        end = found[-1].target_id if len(found) > TARGETS_PER_SUMMARY else None
        facts = PaceSummaryFacts(from_id=start, until_id=end, lagging=tuple(found[:TARGETS_PER_SUMMARY]))
        stamp = {"id": new_id(), "time": clock.now(), "correlationid": str(new_id())}
        summaries.append(PaceSummary(subject=TARGETS_SOURCE, data=facts, **stamp))
        if end is None:
            return summaries
        start = end


async def take_requests(work: UnitOfWork, requests: Sequence[ResendRequested], clock: Clock, metrics: Metrics) -> None:
    """Tell where those targets stand that the requests to this service name."""
    for request in requests:
        if request.data.addressee == TARGETS_SOURCE and request.data.targets:
            known = {each.target_id: Known(each.episode, each.revision) for each in request.data.targets}
            events = await review_and_report_again(work, known, context_of(clock, request.correlationid))
            await bump_version(work)
            _report(work, request, events, metrics)


def _report(work: UnitOfWork, request: ResendRequested, events: Sequence[PaceEvent], metrics: Metrics) -> None:
    asked = len(request.data.targets)
    work.after_commit(
        lambda: log.info("events_resent", kind="target", asked=asked, count=len(events), asked_by=request.source)
    )
    work.after_commit(lambda: resends.note_resent(metrics, events))
