"""The worker process: it only carries the outbox to the broker."""

from __future__ import annotations

from services.messaging.broker import Broker
from services.runtime import Runtime
from services.worker import Worker


def create_worker(runtime: Runtime, broker: Broker) -> Worker:
    """A worker with the relay that every worker has: enrolment consumes nothing."""
    return Worker(runtime, broker)
