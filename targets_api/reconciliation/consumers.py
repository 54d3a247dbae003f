"""Summaries of enrolment, and requests of listeners → use-cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from services.context import Context
from services.contracts.reconciliation import EnrolmentSummary, ResendRequested
from services.messaging.consumer import Apart, Handlers
from services.observability import Metrics
from services.persistence.unit_of_work import UnitOfWork
from services.runtime import AnyRuntime
from targets_api.reconciliation.comparison import compare
from targets_api.reconciliation.usecases import take_requests


def request_handlers(metrics: Metrics) -> Handlers:
    """What listeners ask for."""

    async def on_requests(work: UnitOfWork, context: Context, events: Sequence[ResendRequested]) -> None:
        await take_requests(work, context, events, metrics)

    return {ResendRequested: Apart(on_requests)}


def summary_handlers(runtime: AnyRuntime) -> Handlers:
    """What enrolment says that it has."""
    interval, metrics = timedelta(seconds=runtime.settings.reconcile_seconds), runtime.metrics

    async def on_summaries(work: UnitOfWork, context: Context, events: Sequence[EnrolmentSummary]) -> None:
        await compare(work, context, events, interval=interval, metrics=metrics)

    return {EnrolmentSummary: on_summaries}
