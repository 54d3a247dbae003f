"""Summaries of enrolment, and requests of listeners → use-cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.contracts.reconciliation import EnrolmentSummary, ResendRequested
from services.messaging.consumer import Handler
from services.persistence.unit_of_work import UnitOfWork
from services.runtime import Runtime
from targets_api.reconciliation.comparison import Comparison
from targets_api.reconciliation.usecases import take_requests


def reconciliation_handlers(runtime: Runtime) -> Mapping[str, Handler]:
    """Handlers by event type. The comparison comes last: it is to see what the rest of its batch did."""
    interval = timedelta(seconds=runtime.settings.reconcile_seconds)
    comparison = Comparison(runtime.clock, interval, runtime.metrics)

    async def on_requests(work: UnitOfWork, events: Sequence[ResendRequested]) -> None:
        await take_requests(work, events, runtime.clock, runtime.metrics)

    async def on_summaries(work: UnitOfWork, events: Sequence[EnrolmentSummary]) -> None:
        await comparison.hear(work, events)

    return {"drive.resend.requested.v1": on_requests, "drive.enrolment.summary.v1": on_summaries}
