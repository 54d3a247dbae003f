"""The worker process: it carries the outbox to the broker, summarises, and publishes again what a listener lacks."""

from __future__ import annotations

from datetime import timedelta

from enrolment_api.reconciliation import usecases as reconciliation
from enrolment_api.reconciliation.consumers import resend_handlers
from services.messaging.broker import Broker
from services.messaging.consumer import Consumer
from services.runtime import Runtime
from services.worker import Worker

QUEUE = "enrolment"
RESEND_SECONDS = 1.0
"""How often it is looked whether something is to be published again."""


def create_worker(runtime: Runtime, broker: Broker) -> Worker:
    """The worker on this runtime."""
    worker = Worker(runtime, broker)
    database, clock, metrics = runtime.database, runtime.clock, runtime.metrics
    handlers = resend_handlers(clock)
    worker.consume(Consumer(QUEUE, handlers, database=database, broker=broker, clock=clock, metrics=metrics))
    interval = timedelta(seconds=runtime.settings.reconcile_seconds)

    async def summarise() -> None:
        await reconciliation.summarise(database, clock, interval)

    async def resend() -> None:
        await reconciliation.resend(database, clock, metrics)

    worker.every(runtime.settings.reconcile_seconds, "summary", summarise)
    worker.every(RESEND_SECONDS, "resend", resend)
    return worker
