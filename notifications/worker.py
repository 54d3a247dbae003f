"""The worker of notifications: follows the pace of targets, and sends what is to be told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from notifications.alerts.consumers import pace_handlers
from notifications.channels.mail.send import MailServer, OutboxMail, SmtpMail
from notifications.channels.webhook.send import open_webhooks
from notifications.deliveries.sender import Send, Sender
from notifications.domain.delivery import Channel
from notifications.reconciliation import usecases as reconciliation
from notifications.reconciliation.consumers import reconciliation_handlers
from services.ids import new_id
from services.messaging.broker import Broker
from services.messaging.consumer import Consumer
from services.runtime import Runtime
from services.security.keys import load_secret_keys
from services.security.sealing import SecretBox
from services.settings import Settings
from services.worker import Worker


def create_worker(runtime: Runtime, broker: Broker) -> Worker:
    """The relay, the consumer of pace events and the delivery loop."""
    worker = Worker(runtime, broker)
    deliveries = create_sender(runtime)
    worker.consume(
        Consumer(
            "notifications",
            {**pace_handlers(runtime.clock, new_id, deliveries.wake), **reconciliation_handlers(runtime)},
            database=runtime.database,
            broker=broker,
            clock=runtime.clock,
            metrics=runtime.metrics,
        )
    )
    worker.add("deliveries", deliveries.run, deliveries.stop)

    async def measure() -> None:
        await reconciliation.measure(runtime.database, runtime.metrics)

    worker.every(runtime.settings.reconcile_seconds, "differences", measure)
    return worker


def create_sender(runtime: Runtime) -> Sender:
    """The delivery loop with every channel."""
    settings, clock = runtime.settings, runtime.clock
    secrets = SecretBox(load_secret_keys(settings))
    mail = _mail(settings)

    @asynccontextmanager
    async def channels() -> AsyncIterator[Mapping[Channel, Send]]:
        async with open_webhooks(settings.webhook_allow, secrets, clock) as webhooks:
            yield {"webhook": webhooks.send, "mail": mail.send}

    return Sender(runtime.database, clock, channels)


def _mail(settings: Settings) -> SmtpMail | OutboxMail:
    if settings.smtp_url:
        return SmtpMail(MailServer.of(settings.smtp_url), settings.mail_from)
    return OutboxMail(settings.data_dir / "outbox", settings.mail_from)
