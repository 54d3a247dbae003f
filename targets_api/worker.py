"""The worker of the targets service: it counts what arrives, and reviews who falls behind."""

from __future__ import annotations

from datetime import timedelta

from services.holidays import calendar_of
from services.messaging.broker import Broker
from services.messaging.consumer import Handlers
from services.runtime import Runtime
from services.worker import Worker
from targets_api.counting import consumers as counting
from targets_api.ledger.rollups import FOLD_SECONDS, roll_up
from targets_api.ledger.splits import SPLIT_SECONDS, split
from targets_api.reconciliation.consumers import request_handlers, summary_handlers
from targets_api.reconciliation.summaries import summarise
from targets_api.registry import consumers as registry
from targets_api.remembering.pruning import PRUNE_SECONDS, forget_old_changes
from targets_api.review.sweeper import Sweeper
from targets_api.settings import TargetsSettings


def handlers(runtime: Runtime[TargetsSettings]) -> Handlers:
    """In the order in which a batch is handled: those first whose lock excludes counting; the summaries last, which are
    compared with what the rest has brought."""
    return {
        **registry.HANDLERS,
        **request_handlers(runtime.metrics),
        **counting.HANDLERS,
        **summary_handlers(runtime),
    }


def create_worker(runtime: Runtime[TargetsSettings], broker: Broker) -> Worker:
    """The worker on this runtime. The holidays are loaded before the first batch, whose locks would wait for them."""
    calendar_of([runtime.clock.today()])
    worker = Worker(runtime, broker)
    database, clock, metrics = runtime.database, runtime.clock, runtime.metrics
    seconds = runtime.settings.reconcile_seconds
    worker.consume(handlers(runtime))
    sweeper = Sweeper(database, clock, metrics, runtime.settings.review_seconds)
    worker.add("sweep", sweeper.run, sweeper.stop)
    worker.every(FOLD_SECONDS, "roll up", lambda: roll_up(database))
    worker.every(SPLIT_SECONDS, "split", lambda: split(database))
    worker.every(PRUNE_SECONDS, "forget old changes", lambda: forget_old_changes(database))
    worker.every(seconds, "summary", lambda: summarise(database, clock, timedelta(seconds=seconds), metrics))
    return worker
