"""A test message to a route: what arrives by each channel, what is answered, and that it changes nothing else."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web

from drive.hosting.serving import serving
from notifications.channels.signing_secrets import SigningSecrets
from notifications.domain.route import BETWEEN_TESTS, JustTested, check_testable
from notifications.routing.trials import RouteTester
from services.security.keys import load_secret_keys
from tests.notifications.channels.alertmanager.test_alertmanager import a_hook
from tests.notifications.channels.chat.target import a_target
from tests.notifications.commands import drive
from tests.notifications.deliveries.steps import connect
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, NotificationsService, an_episode
from tests.services.asyncapi.schemas import parsed, refusals
from tests.support.alertmanager import an_alertmanager
from tests.support.processes import free_port
from tests.support.smtp import SILENCE, a_scripted_server

NOW = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


async def outcome_of(service: NotificationsService) -> dict[str, Any]:
    """The answer to a test that was made."""
    answer = await service.client.post("/v1/routes/ops/test")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def impatient(service: NotificationsService) -> None:
    """Tests take a moment at most."""
    runtime = service.runtime
    secrets = SigningSecrets(load_secret_keys(runtime.settings))
    service.app.state.route_tester = RouteTester(runtime.settings, secrets, runtime.clock, seconds=0.3)


async def test_a_webhook_gets_one_signed_event_of_a_test_as_the_document_describes_it(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    answer = await outcome_of(service)
    assert answer == {"outcome": "sent", "detail": "HTTP 200", "message_id": receiver.calls[0].id}
    [call] = receiver.calls
    assert refusals("webhook", call.events) == []
    parsed(call.events)
    time, correlation_id = call.body["time"], call.body["correlationid"]
    assert abs(datetime.fromisoformat(time) - service.clock.now()) < timedelta(minutes=1)
    assert call.events == [
        {
            "specversion": "1.0",
            "id": call.id,
            "source": "/drive/notifications",
            "type": "drive.route.tested.v1",
            "subject": "ops",
            "time": time,
            "datacontenttype": "application/json",
            "correlationid": correlation_id,
            "data": {"route": "ops"},
        }
    ]
    assert await service.outbox_types() == []


async def test_a_test_is_signed_with_the_secret_before_too_after_a_rotation(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.client.post("/v1/routes/ops/secrets")
    assert (await outcome_of(service))["outcome"] == "sent"  # the receiver knows the secret before alone
    service.advance(days=2)
    receiver.answers = []
    assert (await outcome_of(service))["outcome"] == "retry"


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        ("vi", "[TEST] thử tuyến thông báo ops", "Đây là tin thử của tuyến thông báo ops"),
        ("en", "[TEST] test of the route ops", "This is a test of the route ops"),
        ("both", "[TEST] thử tuyến thông báo ops", "This is a test of the route ops"),
    ],
)
async def test_a_mail_says_in_the_language_of_the_route_that_it_is_a_test(
    make_service: MakeService, language: str, subject: str, sentence: str
) -> None:
    async with a_scripted_server({}) as server:
        service = await make_service(smtp_url=f"smtp://127.0.0.1:{server.port}")
        await service.put_route("ops", "ops@example.org", language=language)
        answer = await outcome_of(service)
    assert (answer["outcome"], answer["detail"]) == ("sent", "SMTP 250: taken")
    [text] = server.texts
    mail = email.message_from_bytes(text, policy=email.policy.default)
    assert mail["Subject"] == subject
    assert mail["Message-ID"].startswith(f"<{answer['message_id']}@")
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain
    assert html
    for part in (plain, html):
        content = " ".join(part.get_content().split())
        assert sentence in content
        assert "Việc cần làm" not in content
        assert "What to do" not in content


async def test_a_chat_gets_a_title_and_a_sentence(service: NotificationsService) -> None:
    async with a_target() as target:
        await service.put_route("ops", target.url, channel="chat", language="en")
        assert (await outcome_of(service))["outcome"] == "sent"
    [body] = target.bodies
    assert (body["title"], body["type"]) == ("[TEST] test of the route ops", "info")
    assert body["message"] == "This is a test of the route ops. It is about no alert, and nothing is to be done."


async def test_an_alertmanager_takes_an_alert_that_has_ended(service: NotificationsService, tmp_path: Path) -> None:
    async with a_hook() as (url, arrived), an_alertmanager(tmp_path, url) as alertmanager:
        await service.put_route("ops", alertmanager.url, channel="alertmanager")
        assert await outcome_of(service) | {"message_id": ""} == {
            "outcome": "sent",
            "detail": "HTTP 200",
            "message_id": "",
        }
        assert await alertmanager.alerts() == []
    assert arrived.empty()


async def test_a_webhook_in_alertmanagers_format_gets_an_alert_that_has_ended(
    service: NotificationsService, receiver: Receiver
) -> None:
    put = await service.put_route("ops", receiver.url, channel="alertmanager_webhook", language="en")
    receiver.secret = put["secret"]
    assert (await outcome_of(service))["outcome"] == "sent"
    body: Any = json.loads(receiver.calls[0].raw)
    [alert] = body["alerts"]
    assert (body["status"], alert["status"]) == ("resolved", "resolved")
    assert alert["labels"] == {"alertname": "DriveRouteTest", "route": "ops"}
    assert body["groupLabels"] == {"alertname": "DriveRouteTest"}
    assert alert["startsAt"] == alert["endsAt"]
    assert alert["annotations"]["summary"] == "test of the route ops"


@pytest.mark.parametrize(
    ("status", "outcome", "detail"),
    [
        (500, "retry", "HTTP 500"),
        (422, "retry", "HTTP 422"),
        (302, "refused", "HTTP 302: redirects are not followed; give the address it leads to"),
        (410, "refused", "HTTP 410: the receiver is gone"),
    ],
)
async def test_a_failure_is_answered_and_changes_nothing_of_the_route_or_its_receiver(
    service: NotificationsService, receiver: Receiver, status: int, outcome: str, detail: str
) -> None:
    await connect(service, receiver)
    before = (await service.client.get("/v1/routes")).json()
    for _ in range(6):  # more than pause a receiver
        receiver.answers = [web.Response(status=status, headers={"Retry-After": "60"})]
        answer = await outcome_of(service)
        assert (answer["outcome"], answer["detail"]) == (outcome, detail)
        service.advance(seconds=10)
    assert (await service.client.get("/v1/routes")).json() == before
    assert await service.query("SELECT 1 FROM receivers UNION ALL SELECT 1 FROM deliveries") == []


async def test_a_disabled_route_is_tested_stays_disabled_and_the_answer_says_so(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=410)]
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    answer = await outcome_of(service)
    assert answer["outcome"] == "sent"
    assert answer["detail"] == "HTTP 200; the route is disabled, and is told of no alert: put it again to enable it"
    [route] = (await service.client.get("/v1/routes")).json()["items"]
    assert route["disabled_at"]


async def test_a_receiver_that_does_not_answer_is_given_up_before_the_request_is(
    service: NotificationsService, receiver: Receiver
) -> None:
    impatient(service)
    await connect(service, receiver)
    receiver.gate.clear()
    answer = await outcome_of(service)
    assert answer["outcome"] == "retry"
    assert answer["detail"].startswith("no answer within")


async def test_of_a_mail_without_an_answer_it_is_not_known_whether_it_went_out(make_service: MakeService) -> None:
    async with a_scripted_server({"text": SILENCE}) as server:
        service = await make_service(smtp_url=f"smtp://127.0.0.1:{server.port}")
        impatient(service)
        await service.put_route("ops", "ops@example.org")
        assert (await outcome_of(service))["outcome"] == "unconfirmed"


async def test_a_mail_server_that_is_away_is_answered_and_is_no_outage_of_the_api(make_service: MakeService) -> None:
    async with a_scripted_server({"greeting": "421 later"}) as server:
        service = await make_service(smtp_url=f"smtp://127.0.0.1:{server.port}")
        await service.put_route("ops", "ops@example.org")
        with structlog.testing.capture_logs() as logs:
            answer = await outcome_of(service)
    assert (answer["outcome"], answer["detail"]) == ("retry", "connect: SMTP 421: later")
    assert "outage_began" not in [line["event"] for line in logs]


async def test_of_an_address_that_may_not_be_called_any_more_nothing_is_sent(
    make_service: MakeService, service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    strict = await make_service(webhook_allow="")
    await strict.execute(
        "INSERT INTO routes (name, min_severity, channel, address, secret, created_at, updated_at)"
        " VALUES ('ops', 'warning', 'webhook', :address, :secret, now(), now())",
        address=receiver.url,
        secret=strict.app.state.route_secrets.seal(receiver.secret, "ops"),
    )
    answer = await outcome_of(strict)
    assert answer["outcome"] == "refused"
    assert "no address that may be called" in answer["detail"]
    assert receiver.calls == []


async def test_a_route_is_tested_once_in_ten_seconds_however_many_ask(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    answers = await asyncio.gather(*(service.client.post("/v1/routes/ops/test") for _ in range(5)))
    assert [answer.status_code for answer in answers].count(200) == len(receiver.calls) == 1
    refused = await service.client.post("/v1/routes/ops/test")
    assert refused.status_code == 429
    assert refused.json()["type"] == "http://test/problems/just-tested"
    assert 1 <= int(refused.headers["Retry-After"]) <= 10
    service.advance(seconds=10)
    await outcome_of(service)
    assert len(receiver.calls) == 2


@pytest.mark.parametrize(
    ("since", "wait"),
    [
        (timedelta(), 10),
        (timedelta(seconds=9.5), 1),
        (BETWEEN_TESTS, None),
        (timedelta(seconds=-0.5), 10),
        (-BETWEEN_TESTS, None),
    ],
)
def test_how_long_to_wait_after_a_test(since: timedelta, wait: int | None) -> None:
    found = None
    try:
        check_testable("ops", NOW - since, NOW)
    except JustTested as refused:
        found = refused.retry_after
    assert found == wait


async def test_a_test_is_logged_with_who_asked_and_without_the_address(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=500)]
    with structlog.testing.capture_logs() as logs:
        await outcome_of(service)
    [line] = [line for line in logs if line["event"] == "route_tested"]
    assert {name: line[name] for name in ("route", "channel", "organisation", "subject", "outcome", "reason")} == {
        "route": "ops",
        "channel": "webhook",
        "organisation": "OPS",
        "subject": "OPS",
        "outcome": "retry",
        "reason": "HTTP 500",
    }
    assert receiver.url not in str(line)


async def test_there_is_no_test_of_a_route_that_is_not_there_or_without_the_scope(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    answer = await service.client.post("/v1/routes/other/test")
    assert (answer.status_code, answer.json()["type"]) == (404, "http://test/problems/no-such-route")
    token = service.runtime.tokens.issue("OPS", frozenset({"alerts:read"}), service.clock.now(), timedelta(hours=1))
    answer = await service.client.post("/v1/routes/ops/test", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert receiver.calls == []


async def test_the_command_line_sends_a_test_and_says_what_became_of_it(
    make_service: MakeService, receiver: Receiver
) -> None:
    service = await make_service(api_port=free_port())
    await connect(service, receiver)
    service.advance(minutes=2)  # past the time of the tokens that the command issues by the real clock
    async with serving(service.app, service.runtime.settings, "api_port"):
        assert (await drive(service, "routes", "test", "ops"))[:2] == (0, "sent: HTTP 200\n")
        service.advance(seconds=10)
        receiver.answers = [web.Response(status=500)]
        code, out, _ = await drive(service, "routes", "test", "ops", "--json")
        assert (code, json.loads(out)["outcome"]) == (1, "retry")
        code, out, errors = await drive(service, "routes", "test", "other")
        assert (code, out) == (2, "")
        assert "no route has the name other" in errors
