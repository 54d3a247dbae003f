"""The worker of notifications: it follows the pace of targets, and sends notifications."""

from __future__ import annotations

import random
from collections.abc import Callable

from notifications.alerts.consumers import pace_handlers
from notifications.alerts.holding import hold
from notifications.alerts.metrics import AlertMetrics
from notifications.alerts.queries import count_unresolved
from notifications.channels.answer_links import AnswerLinks
from notifications.channels.kind import ChannelEnvironment
from notifications.channels.registry import CHANNELS
from notifications.channels.signing_secrets import SigningSecrets
from notifications.channels.templates import check_templates
from notifications.deliveries.metrics import DeliveryMetrics
from notifications.deliveries.queries import count_waiting
from notifications.deliveries.sender import Sender
from notifications.deliveries.usecases import Chance
from notifications.digests.runner import Digests
from notifications.handling.deadlines import Deadlines
from notifications.reconciliation.consumers import reconciliation_handlers
from notifications.reconciliation.usecases import measure
from notifications.registry import consumers as registry
from notifications.releases.runner import Releases
from notifications.reminders.runner import Reminders
from notifications.routing.channels import channels_check
from notifications.routing.receivers.queries import failing_routes
from notifications.settings import NotificationsSettings
from services.context import context_of
from services.messaging.broker import Broker
from services.messaging.consumer import Handlers
from services.runtime import Runtime
from services.security.keys import load_secret_keys
from services.worker import GAUGE_SECONDS, Worker


def handlers(runtime: Runtime[NotificationsSettings], sender: Sender) -> Handlers:
    """In the order in which a batch is handled: a summary is compared with what the rest has brought."""
    return {
        **registry.HANDLERS,
        **pace_handlers(runtime.settings.terms, sender.wake),
        **reconciliation_handlers(runtime),
    }


def create_worker(runtime: Runtime[NotificationsSettings], broker: Broker) -> Worker:
    """The worker on this runtime."""
    worker = Worker(runtime, broker)
    sender = create_sender(runtime)
    worker.consume(handlers(runtime, sender))
    worker.add("deliveries", sender.run, sender.stop)
    worker.close_at_end(*sender.outages)
    runtime.checks["channels"] = channels_check(runtime)
    _look_for_what_is_due(worker, runtime, sender.wake)
    _measure(worker, runtime)
    return worker


def _look_for_what_is_due(worker: Worker, runtime: Runtime[NotificationsSettings], wake: Callable[[], None]) -> None:
    database, clock, terms = runtime.database, runtime.clock, runtime.settings.terms
    seconds = runtime.settings.deadline_seconds
    worker.every(seconds, "deadlines", Deadlines(database, clock, terms, wake).meet)
    worker.every(seconds, "releases", Releases(database, clock, terms, wake).look)
    worker.every(seconds, "digests", Digests(database, clock, wake).look)
    worker.every(seconds, "reminders", Reminders(database, clock, terms, wake).look)


def _measure(worker: Worker, runtime: Runtime[NotificationsSettings]) -> None:
    async def measure_differences() -> None:
        async with runtime.database.read() as session:
            await measure(session, runtime.metrics)

    alert_metrics, delivery_metrics = runtime.metrics.own(AlertMetrics), runtime.metrics.own(DeliveryMetrics)
    delivery_metrics.begin(CHANNELS)

    async def measure_work() -> None:
        async with runtime.database.read() as session:
            alerts, waiting = await count_unresolved(session), await count_waiting(session)
            failing = await failing_routes(session)
        now = context_of(runtime.clock).at
        alert_metrics.show(alerts)
        delivery_metrics.show(waiting, now)
        delivery_metrics.show_failing(failing, now)

    worker.every(runtime.settings.reconcile_seconds, "differences", measure_differences)
    worker.every(GAUGE_SECONDS, "work_gauges", measure_work)


def create_sender(runtime: Runtime[NotificationsSettings], chance: Chance = random.random) -> Sender:
    """The sender of deliveries, with every channel; `chance` makes the delays between attempts vary.
    Raises Invalid where a template cannot be rendered."""
    check_templates(runtime.settings)
    keys = load_secret_keys(runtime.settings)
    environment = ChannelEnvironment(runtime.settings, SigningSecrets(keys), runtime.clock, AnswerLinks(keys))
    for outage in environment.outages.values():
        runtime.metrics.watch(outage)
    if not runtime.settings.smtp_url:
        runtime.checks["outbox"] = environment.outages["mail"].check
    return Sender(runtime.database, environment, runtime.metrics.own(DeliveryMetrics), chance, hold)
