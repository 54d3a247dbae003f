"""Alerts and deliveries are measured: what waits, and what became of each attempt."""

from __future__ import annotations

import pytest
from aiohttp import web

from notifications.worker import create_worker
from services import worker as worker_module
from services.messaging.in_process import InProcessBroker
from tests.notifications.deliveries.steps import connect
from tests.notifications.receiver import Receiver
from tests.notifications.service import NotificationsService, an_episode
from tests.support.waiting import eventually, running


def attempts(service: NotificationsService, **labels: str) -> float | None:
    """How many attempts ended so."""
    return service.runtime.metrics.registry.get_sample_value("drive_delivery_attempts_total", labels)


async def test_attempts_are_counted_by_channel_outcome_and_what_became_of_the_delivery(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=503), web.Response(status=301)]
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    service.advance(seconds=10)
    await service.sender().send_due()
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    assert attempts(service, channel="webhook", outcome="retry", state="pending") == 1
    assert attempts(service, channel="webhook", outcome="refused", state="failed") == 1
    assert attempts(service, channel="webhook", outcome="sent", state="sent") == 1


async def test_an_attempt_whose_sender_ended_is_counted_by_whoever_finds_it(
    service: NotificationsService, receiver: Receiver
) -> None:
    await service.put_route("ops", "ops@example.org")
    await service.handle(an_episode().fell_behind())
    await service.claim()
    service.advance(seconds=600)
    await service.claim()
    assert attempts(service, channel="mail", outcome="unconfirmed", state="unconfirmed") == 1


async def test_the_gauges_show_what_waits_and_for_how_long_and_the_alerts_that_are_not_resolved(
    service: NotificationsService, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "GAUGE_SECONDS", 0.001)
    monkeypatch.setattr("notifications.worker.GAUGE_SECONDS", 0.001)
    await connect(service, receiver)
    receiver.answers = [web.Response(status=503)] * 9
    first, second = an_episode(), an_episode()
    await service.handle(first.fell_behind(), second.fell_behind())
    await service.sender().send_due()
    service.advance(seconds=3)
    measured = service.runtime.metrics.registry.get_sample_value

    async def waiting() -> object:
        oldest = measured("drive_oldest_delivery_seconds", {"channel": "webhook"}) or 0
        return (measured("drive_deliveries_waiting", {"channel": "webhook"}), oldest >= 3)

    async def alerts() -> object:
        return measured("drive_alerts", {"status": "open", "severity": "warning"})

    async with running(create_worker(service.runtime, InProcessBroker({"notifications": ()})).run()):
        await eventually(waiting, (2.0, True))
        await eventually(alerts, 2.0)
    assert measured("drive_deliveries_waiting", {"channel": "mail"}) == 0
    assert attempts(service, channel="mail", outcome="retry", state="failed") == 0
