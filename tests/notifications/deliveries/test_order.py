"""The last message that a receiver gets of an alert is its present state."""

from __future__ import annotations

import asyncio
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web

from notifications.deliveries.claims import Capacity
from notifications.deliveries.usecases import LEASE
from notifications.domain.delivery import Retry, Sent
from notifications.messages.outgoing_message import OutgoingMessage
from tests.notifications.deliveries.steps import connect, states
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, NotificationsService, alone, an_episode
from tests.support.waiting import running, soon


async def test_what_was_overtaken_before_it_was_sent_is_superseded_and_the_newest_goes_out_at_once(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=500), web.Response(status=500)]
    lag = an_episode()
    await service.handle(lag.fell_behind())
    await service.sender().send_due()
    await service.handle(lag.worsened())
    await service.sender().send_due()
    await service.handle(lag.recovered())
    await service.sender().send_due()
    assert await states(service) == [("raised", "superseded"), ("worsened", "superseded"), ("resolved", "sent")]
    assert [call.body["type"].split(".")[2] for call in receiver.calls] == ["raised", "worsened", "resolved"]
    service.advance(days=4)
    assert await service.sender().send_due() == 0
    overtaken = await service.deliveries(state="superseded")
    assert "version 2" in overtaken[0]["last_error"]


async def test_a_newer_delivery_waits_for_the_one_that_is_being_sent(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    lag = an_episode()
    await service.handle(lag.fell_behind())
    receiver.gate.clear()
    first, second = service.sender(), service.sender()
    async with running(first.send_due()) as sending:
        await soon(receiver.arrived.get())
        await service.handle(lag.recovered())
        assert await second.send_due() == 0
        receiver.gate.set()
        await soon(sending)
    await second.send_due()
    assert await states(service) == [("raised", "sent"), ("resolved", "sent")]
    assert [call.body["type"].split(".")[2] for call in receiver.calls] == ["raised", "resolved"]


async def test_one_that_comes_back_unsent_when_a_newer_one_is_there_is_superseded(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    lag = an_episode()
    await service.handle(lag.fell_behind())
    [raised] = await service.claim()
    await service.handle(lag.recovered())
    assert await service.claim() == []
    await service.record(raised, Retry("busy"))
    [resolved] = await service.claim()
    assert resolved.notices[0].change == "resolved"
    assert await states(service) == [("raised", "superseded"), ("resolved", "sending")]


async def test_workers_that_claim_at_the_same_time_never_send_two_versions(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    lags = [alone() for _ in range(10)]
    for lag in lags:
        await service.handle(lag.fell_behind())

    async def resolve_all() -> None:
        for lag in lags:
            await service.handle(lag.recovered())

    capacity = Capacity(100, 100, {})
    taken = await asyncio.gather(resolve_all(), *(service.claim(capacity) for _ in range(8)))
    messages = [message for claimed in taken[1:] for message in claimed or []]
    alerts = [notice.alert.id for message in messages for notice in message.notices]
    assert len(alerts) == len(set(alerts)) > 0


async def test_a_newer_one_waits_for_the_second_attempt_even_where_the_first_one_succeeds_after_its_lease(
    service: NotificationsService,
) -> None:
    """The second attempt may reach the receiver at any moment, so that it must not be overtaken."""
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    lag = an_episode()
    await service.handle(lag.fell_behind())
    [late] = await service.claim()
    service.clock.advance(LEASE)
    assert await service.claim() == []
    service.advance(seconds=5)
    [second] = await service.claim()
    await service.record(late, Sent())
    await service.handle(lag.recovered())
    assert await service.claim() == []
    await service.record(second, Retry("busy"))
    [newest] = await service.claim()
    assert newest.notices[0].change == "resolved"
    assert await states(service) == [("raised", "sent"), ("resolved", "sending")]


async def test_of_two_attempts_whose_outcomes_are_recorded_at_the_same_time_the_success_counts(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    capacity = Capacity(100, 100, {})
    await service.handle(*(alone().fell_behind() for _ in range(20)))
    late = await service.claim(capacity)
    service.clock.advance(LEASE)
    await service.claim(capacity)
    service.advance(seconds=5)
    second = await service.claim(capacity)
    assert len(late) == len(second) == 20
    successes = [service.record(message, Sent()) for message in sorted(late, key=_id)]
    failures = [service.record(message, Retry("busy")) for message in sorted(second, key=_id)]
    await asyncio.gather(*(outcome for pair in zip(successes, failures, strict=True) for outcome in pair))
    assert {state for _, state in await states(service)} == {"sent"}


def _id(message: OutgoingMessage) -> UUID:
    return message.id


async def test_what_was_sent_stays_sent_where_the_sender_of_its_second_attempt_dies(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    await service.handle(an_episode().fell_behind())
    [late] = await service.claim()
    service.clock.advance(LEASE)
    await service.claim()
    service.advance(seconds=5)
    await service.claim()
    await service.record(late, Sent())
    service.clock.advance(LEASE)
    assert await service.claim() == []
    [delivery] = await service.deliveries()
    assert (delivery["state"], delivery["next_attempt_at"], delivery["last_error"]) == ("sent", None, None)


@pytest.mark.parametrize("state", ["superseded", "failed", "unconfirmed"])
async def test_a_person_cannot_send_what_a_newer_one_has_overtaken(service: NotificationsService, state: str) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.recovered())
    await service.sender().send_due()
    [raised, _] = await service.deliveries()
    await service.execute("UPDATE deliveries SET state = :state WHERE id = :id", state=state, id=raised["id"])
    answer = await service.client.post(f"/v1/deliveries/{raised['id']}/retry")
    assert (answer.status_code, answer.json()["type"]) == (409, "http://test/problems/not-retriable")
    assert "newer" in answer.json()["detail"]


async def test_an_alert_whose_recovery_arrives_first_is_stored_and_sent_once_to_each_route_it_concerns(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver, min_severity="critical")
    await service.put_route("warnings", "ops@example.org")
    await service.put_route("elsewhere", "else@example.org", under="15127")
    lag = an_episode()
    recovered = lag.recovered()
    critical = recovered.model_copy(update={"data": recovered.data.model_copy(update={"worst_severity": "critical"})})
    await service.handle(critical, lag.fell_behind(severity="critical"))
    await service.sender().send_due()
    [alert] = await service.alerts()
    assert (alert["status"], alert["severity"]) == ("resolved", "critical")
    assert sorted(delivery["route_name"] for delivery in await service.deliveries()) == ["ops", "warnings"]
    assert [call.body["type"] for call in receiver.calls] == ["drive.alert.resolved.v1"]


async def test_recovery_from_a_worsening_not_yet_received_is_sent_to_routes_for_critical_alerts_only(
    service: NotificationsService,
) -> None:
    await service.put_route("critical", "critical@example.org", min_severity="critical")
    await service.put_route("all", "all@example.org")
    lag = an_episode()
    recovered = lag.recovered()
    critical = recovered.model_copy(update={"data": recovered.data.model_copy(update={"worst_severity": "critical"})})
    await service.handle(lag.fell_behind(), critical, lag.worsened())
    sent = [(delivery["route_name"], delivery["change"]) for delivery in await service.deliveries()]
    assert sorted(sent) == [("all", "raised"), ("all", "resolved"), ("critical", "resolved")]
    [alert] = await service.alerts()
    assert (alert["status"], alert["severity"]) == ("resolved", "critical")


async def test_a_mail_that_reports_only_the_recovery_says_that_the_target_had_fallen_behind(
    make_service: MakeService, tmp_path: Path
) -> None:
    """Of an alert that was tried before, or whose beginning arrived late, somebody may have heard."""
    service = await make_service(smtp_url=None)
    await service.put_route("ops", "ops@example.org", language="en")
    unreported, tried, reported = alone(), alone(), alone()
    await service.handle(reported.fell_behind())
    await service.sender().send_due()
    await service.handle(tried.fell_behind())
    [message] = await service.claim()
    await service.record(message, Retry("SMTP 451"))
    await service.handle(unreported.recovered(), tried.recovered(), reported.recovered())
    await service.sender().send_due()
    counts = {"fell behind": 0, "has caught up with the target": 0, "lags behind": 0}
    for file in (tmp_path / "outbox").glob("*.eml"):
        mail = email.message_from_bytes(file.read_bytes(), EmailMessage, policy=email.policy.default)
        body = mail.get_body(("plain",))
        assert body
        text = body.get_content()
        counts = {part: n + (part in " ".join(text.split())) for part, n in counts.items()}
    assert counts == {"fell behind": 2, "has caught up with the target": 1, "lags behind": 1}


async def test_a_delivery_whose_lease_is_over_is_not_sent_any_more(
    service: NotificationsService, receiver: Receiver
) -> None:
    """As after a pause of the whole process: others may have sent something newer by now."""
    await connect(service, receiver)
    await service.handle(an_episode().fell_behind())
    sender = service.sender()
    [message] = await service.claim()
    service.clock.advance(LEASE)

    async def send(_: object) -> Sent:
        raise AssertionError("it must not be sent")

    await sender.deliver(message, {message.channel: send})
    assert receiver.calls == []
    assert await service.sender().send_due() == 0
    service.advance(seconds=5)
    assert await service.sender().send_due() == 1
