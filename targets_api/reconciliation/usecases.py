"""Publish again where those targets stand that a listener asks about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from services.context import Context
from services.contracts.pace import PaceEvent
from services.contracts.reconciliation import ResendRequested
from services.contracts.sources import TARGETS_SOURCE
from services.observability import Metrics
from services.persistence.unit_of_work import UnitOfWork
from services.reconciliation import resends
from targets_api.attainment.store import lock_counting
from targets_api.domain.episode import Known
from targets_api.review.usecases import review_and_report_again

log = structlog.get_logger(__name__)


async def take_requests(
    work: UnitOfWork, context: Context, requests: Sequence[ResendRequested], metrics: Metrics
) -> None:
    """Publish where the targets stand that the requests to this service name."""
    own = [r for r in requests if r.data.addressee == TARGETS_SOURCE and r.data.targets]
    if own:
        await lock_counting(work)
    for request in own:
        known = {each.target_id: Known(each.episode, each.revision) for each in request.data.targets}
        of_request = replace(context, correlation_id=request.correlationid)
        _report(work, request, await review_and_report_again(work, of_request, known), metrics)


def _report(work: UnitOfWork, request: ResendRequested, events: Sequence[PaceEvent], metrics: Metrics) -> None:
    asked = len(request.data.targets)
    work.after_commit(
        lambda: log.info("events_resent", kind="target", asked=asked, count=len(events), asked_by=request.source)
    )
    work.after_commit(lambda: resends.note_resent(metrics, events))
