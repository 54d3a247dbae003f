"""The worker process: it relays the outbox to the broker, summarises, publishes again what a listener lacks, and
watches the audit trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from enrolment_api.audit.verification import WATCH_SECONDS, Watch
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.people.queries import keys_check
from enrolment_api.reconciliation.consumers import HANDLERS
from enrolment_api.reconciliation.resends import resend
from enrolment_api.reconciliation.summaries import summarise
from services.messaging.broker import Broker
from services.runtime import AnyRuntime
from services.security.keys import load_secret_keys
from services.worker import Worker

RESEND_SECONDS: Final = 1.0
"""How often it is looked whether something is to be published again."""


def create_worker(runtime: AnyRuntime, broker: Broker) -> Worker:
    """The worker on this runtime."""
    worker = Worker(runtime, broker)
    database, clock, metrics = runtime.database, runtime.clock, runtime.metrics
    keys = PeopleKeys(load_secret_keys(runtime.settings))
    seconds = runtime.settings.reconcile_seconds
    runtime.checks["keys"] = keys_check(runtime, keys)
    worker.consume(HANDLERS)
    worker.every(seconds, "summary", lambda: summarise(database, clock, timedelta(seconds=seconds)))
    worker.every(RESEND_SECONDS, "resend", lambda: resend(database, keys, clock, metrics))
    worker.every(WATCH_SECONDS, "audit", Watch(runtime).look)
    return worker
