"""In production nothing is called sent where nobody got it: a mail route needs a mail server."""

from __future__ import annotations

from typing import Any

import structlog

from notifications.worker import create_worker
from services.contracts.subscriptions import BINDINGS
from services.messaging.in_process import InProcessBroker
from services.web.app import build_app
from tests.conftest import ClientFor
from tests.notifications.service import MakeService, NotificationsService, an_episode

MAIL = {"channel": "mail", "address": "ops@example.org"}
PRODUCTION: dict[str, Any] = {"env": "production", "secret_keys": "k" * 43}


async def a_service_that_lost_its_server(make_service: MakeService) -> NotificationsService:
    """In production, without SMTP_URL, on a database that has two mail routes and a webhook."""
    service = await make_service(**PRODUCTION)
    for name, channel, address in (("a", "mail", "a@x.vn"), ("b", "mail", "b@x.vn"), ("c", "webhook", "https://x.vn/")):
        await service.execute(
            "INSERT INTO routes (name, min_severity, channel, address, created_at, updated_at)"
            " VALUES (:name, 'warning', :channel, :address, now(), now())",
            name=name,
            channel=channel,
            address=address,
        )
    return service


async def test_in_production_a_mail_route_without_a_mail_server_is_refused_with_the_remedy(
    make_service: MakeService,
) -> None:
    service = await make_service(**PRODUCTION)
    answer = await service.client.put("/v1/routes/ops", json=MAIL)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "http://test/problems/channel-not-set-up")
    assert "SMTP_URL is not set" in problem["detail"]
    assert (await service.client.get("/v1/routes")).json()["items"] == []
    await service.put_route("ops", "https://ops.example.org/hook")


async def test_in_production_a_mail_route_with_a_mail_server_is_taken(make_service: MakeService) -> None:
    service = await make_service(**PRODUCTION, smtp_url="smtp://mail.example:25")
    await service.put_route("ops", "ops@example.org")
    assert (await service.client.get("/health/ready")).status_code == 200


async def test_an_api_whose_database_has_mail_routes_is_not_ready_without_a_mail_server_and_names_them(
    make_service: MakeService,
) -> None:
    service = await a_service_that_lost_its_server(make_service)
    answer = await service.client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["channels"] == (
        "SMTP_URL is not set, so that no mail can be sent where DRIVE_ENV=production: set it and start again;"
        " routes that need it: a, b"
    )
    for name in ("a", "b"):
        await service.client.delete(f"/v1/routes/{name}")
    assert (await service.client.get("/health/ready")).status_code == 200


async def test_a_worker_without_a_mail_server_is_not_ready_logs_why_once_and_sends_no_mail(
    make_service: MakeService, client_for: ClientFor
) -> None:
    service = await a_service_that_lost_its_server(make_service)
    create_worker(service.runtime, InProcessBroker(BINDINGS))
    client = await client_for(build_app(service.runtime, title="worker"))
    with structlog.testing.capture_logs() as logs:
        answers = [(await client.get("/health/ready")).json()["checks"]["channels"] for _ in range(2)]
    [line] = [entry for entry in logs if entry["event"] == "channel_not_set_up"]
    assert line["log_level"] == "error"
    assert [line["reason"]] * 2 == answers
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    mails = [delivery for delivery in await service.deliveries() if delivery["channel"] == "mail"]
    assert {(delivery["state"], delivery["sent_at"]) for delivery in mails} == {("pending", None)}
    assert all("SMTP_URL is not set" in delivery["last_error"] for delivery in mails)


async def test_in_development_a_mail_goes_to_the_outbox_and_its_attempt_says_that_it_was_not_sent(
    make_service: MakeService,
) -> None:
    service = await make_service(smtp_url=None)
    await service.put_route("ops", "ops@example.org")
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    [delivery] = await service.deliveries()
    folder = service.runtime.settings.data_dir / "outbox"
    assert delivery["attempts"][0]["detail"] == f"written to {folder}, not sent: SMTP_URL is not set"
