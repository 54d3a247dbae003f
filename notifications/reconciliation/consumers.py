"""Summaries of pace and of the registry → use-cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from notifications.reconciliation.comparison import compare_registry
from notifications.reconciliation.usecases import compare
from services.context import Context
from services.contracts.reconciliation import EnrolmentSummary, PaceSummary
from services.messaging.consumer import Handlers
from services.persistence.unit_of_work import UnitOfWork
from services.runtime import AnyRuntime


def reconciliation_handlers(runtime: AnyRuntime) -> Handlers:
    """What handles summaries, knowing how often they come."""
    interval, metrics = timedelta(seconds=runtime.settings.reconcile_seconds), runtime.metrics

    async def on_pace(work: UnitOfWork, context: Context, events: Sequence[PaceSummary]) -> None:
        await compare(work, context, events, interval=interval, metrics=metrics)

    async def on_registry(work: UnitOfWork, context: Context, events: Sequence[EnrolmentSummary]) -> None:
        await compare_registry(work, context, events, interval=interval, metrics=metrics)

    return {PaceSummary: on_pace, EnrolmentSummary: on_registry}
