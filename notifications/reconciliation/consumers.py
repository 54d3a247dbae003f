"""Summaries of pace → use-cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from notifications.reconciliation.usecases import compare
from services.context import Context
from services.contracts.reconciliation import PaceSummary
from services.messaging.consumer import Handlers
from services.persistence.unit_of_work import UnitOfWork
from services.runtime import AnyRuntime


def reconciliation_handlers(runtime: AnyRuntime) -> Handlers:
    """What handles summaries, knowing how often they come."""
    interval, metrics = timedelta(seconds=runtime.settings.reconcile_seconds), runtime.metrics

    async def on_summaries(work: UnitOfWork, context: Context, events: Sequence[PaceSummary]) -> None:
        await compare(work, context, events, interval=interval, metrics=metrics)

    return {PaceSummary: on_summaries}
