"""The worker of the targets service: it counts what arrives, and reviews who falls behind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from services.messaging.broker import Broker
from services.messaging.consumer import Consumer, Handler
from services.runtime import Runtime
from services.worker import Worker
from targets_api.counting.consumers import enrolment_handlers
from targets_api.reconciliation import usecases as reconciliation
from targets_api.reconciliation.consumers import reconciliation_handlers
from targets_api.registry.consumers import registry_handlers
from targets_api.review import usecases as review

QUEUE = "targets"


def handlers(runtime: Runtime) -> Mapping[str, Handler]:
    """What handles each event type: the registry first, whose lock the counting of sign-ups could only wait for; the
    summaries last, which are compared with what the rest has brought."""
    return {
        **registry_handlers(runtime.clock),
        **enrolment_handlers(runtime.clock),
        **reconciliation_handlers(runtime),
    }


def create_worker(runtime: Runtime, broker: Broker) -> Worker:
    """The worker on this runtime."""
    worker = Worker(runtime, broker)
    worker.consume(
        Consumer(
            QUEUE,
            handlers(runtime),
            database=runtime.database,
            broker=broker,
            clock=runtime.clock,
            metrics=runtime.metrics,
        )
    )

    async def review_all() -> None:
        await sweep(runtime)

    worker.every(runtime.settings.review_seconds, "sweep", review_all)
    interval = timedelta(seconds=runtime.settings.reconcile_seconds)

    async def summarise() -> None:
        await reconciliation.summarise(runtime.database, runtime.clock, interval, runtime.metrics)

    worker.every(runtime.settings.reconcile_seconds, "summary", summarise)
    return worker


async def sweep(runtime: Runtime) -> None:
    """Review everything that time may have changed, at once: for whoever has moved the clock."""
    await review.sweep(runtime.database, runtime.clock)
