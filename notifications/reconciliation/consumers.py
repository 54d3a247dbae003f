"""Summaries of pace → use-cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from notifications.reconciliation.usecases import Comparison
from services.contracts.reconciliation import PaceSummary
from services.messaging.consumer import Handler
from services.persistence.unit_of_work import UnitOfWork
from services.runtime import Runtime


def reconciliation_handlers(runtime: Runtime) -> Mapping[str, Handler]:
    """Handlers by event type."""
    interval = timedelta(seconds=runtime.settings.reconcile_seconds)
    comparison = Comparison(runtime.clock, interval, runtime.metrics)

    async def on_summaries(work: UnitOfWork, events: Sequence[PaceSummary]) -> None:
        await comparison.hear(work, events)

    return {"drive.pace.summary.v1": on_summaries}
