"""Webhooks: signed, repeated under the same id, sent once by however many workers, and never to an internal address."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web

from tests.notifications.receiver import Receiver, a_receiver, self_signed
from tests.notifications.service import MakeService, NotificationsService, alone, an_episode

TIMEOUT_SECONDS = 20.0


async def connect(service: NotificationsService, receiver: Receiver, name: str = "ops", **more: str) -> None:
    """Put a route to the receiver, and give the receiver its secret."""
    receiver.secret = (await service.put_route(name, receiver.url, **more))["secret"]


async def test_raised_and_resolved_are_sent_once_each(service: NotificationsService, receiver: Receiver) -> None:
    await connect(service, receiver)
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.fell_behind())
    assert await service.sender().send_due() == 1
    await service.handle(lag.recovered(), lag.recovered())
    assert await service.sender().send_due() == 1
    assert [call.body["type"] for call in receiver.calls] == ["drive.alert.raised.v1", "drive.alert.resolved.v1"]
    assert receiver.calls[0].id != receiver.calls[1].id
    [alert] = await service.alerts()
    assert receiver.calls[1].body["data"]["alert_id"] == alert["id"]
    assert receiver.calls[1].body["data"]["resolved_at"] == alert["resolved_at"]
    assert [delivery["state"] for delivery in await service.deliveries()] == ["sent", "sent"]


async def test_a_webhook_is_the_event_that_is_published(service: NotificationsService, receiver: Receiver) -> None:
    await connect(service, receiver)
    lag = an_episode()
    for event in (lag.fell_behind(), lag.worsened(), lag.recovered()):
        await service.handle(event)
        await service.sender().send_due()
    published = [json.loads(row.body) for row in await service.query("SELECT body FROM outbox ORDER BY seq")]
    assert [call.body for call in receiver.calls] == published
    assert [event["type"].split(".")[2] for event in published] == ["raised", "worsened", "resolved"]
    assert {call.content_type for call in receiver.calls} == {"application/cloudevents-batch+json"}


async def test_a_failed_attempt_is_repeated_under_the_same_id_and_with_the_same_body(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=500)]
    await service.handle(an_episode().fell_behind())
    sender = service.sender()
    assert await sender.send_due() == 1
    assert await sender.send_due() == 0
    [delivery] = await service.deliveries(state="pending")
    assert delivery["last_error"] == "HTTP 500"
    service.advance(seconds=5)
    assert await sender.send_due() == 1
    first, second = receiver.calls
    assert (first.id, first.raw) == (second.id, second.raw)
    [delivery] = await service.deliveries()
    assert delivery["id"] == first.id
    assert [attempt["outcome"] for attempt in delivery["attempts"]] == ["retry", "sent"]


async def test_a_worsened_alert_reaches_routes_for_critical_alerts_only(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver, min_severity="critical")
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.worsened())
    await service.sender().send_due()
    await service.handle(lag.recovered())
    await service.sender().send_due()
    assert {call.body["type"] for call in receiver.calls} == {"drive.alert.worsened.v1", "drive.alert.resolved.v1"}


async def test_a_route_that_was_not_notified_of_the_alert_is_not_notified_of_its_end(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver, min_severity="critical")
    await service.put_route("elsewhere", "ops@example.org", under="15127")
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.recovered())
    assert await service.deliveries() == []


async def test_two_workers_at_once_send_once(service: NotificationsService, receiver: Receiver) -> None:
    await connect(service, receiver)
    await service.handle(*(alone().fell_behind() for _ in range(25)))
    counts = await asyncio.gather(*(service.sender().send_due() for _ in range(2)))
    assert sum(counts) == 25
    assert len({call.id for call in receiver.calls}) == len(receiver.calls) == 25


async def test_a_slow_receiver_does_not_hold_up_others(service: NotificationsService, receiver: Receiver) -> None:
    async with a_receiver() as slow:
        slow.gate.clear()
        await connect(service, slow, "slow")
        await service.handle(*(alone().fell_behind() for _ in range(30)))
        await connect(service, receiver, "quick")
        await service.handle(an_episode().fell_behind())
        sender = service.sender()
        running = asyncio.create_task(sender.run())
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await receiver.arrived.get()
        assert len(slow.calls) <= 4
        slow.gate.set()
        sender.stop()
        await running


async def test_stopping_finishes_what_is_being_sent(service: NotificationsService, receiver: Receiver) -> None:
    await connect(service, receiver)
    receiver.gate.clear()
    await service.handle(an_episode().fell_behind())
    sender = service.sender()
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(TIMEOUT_SECONDS):
        await receiver.arrived.get()
        sender.stop()
        receiver.gate.set()
        await running
    assert [delivery["state"] for delivery in await service.deliveries()] == ["sent"]


async def test_a_webhook_whose_sender_died_is_sent_again_under_the_same_id(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.handle(an_episode().fell_behind())
    [message] = await service.claim()
    sender = service.sender()
    assert await sender.send_due() == 0
    service.advance(seconds=181)
    assert await sender.send_due() == 0
    service.advance(seconds=5)
    assert await sender.send_due() == 1
    assert [call.id for call in receiver.calls] == [str(message.id)]
    [delivery] = await service.deliveries()
    assert [attempt["outcome"] for attempt in delivery["attempts"]] == ["retry", "sent"]


async def test_410_switches_the_route_off_until_it_is_put_again(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=410)]
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    [route] = (await service.client.get("/v1/routes")).json()["items"]
    assert route["disabled_reason"] == "HTTP 410: the receiver is gone"
    [delivery] = await service.deliveries(state="failed")
    refused = await service.client.post(f"/v1/deliveries/{delivery['id']}/retry")
    assert (refused.status_code, refused.json()["type"]) == (409, "http://test/problems/not-retriable")
    await service.handle(an_episode().fell_behind())
    assert len(await service.deliveries()) == 1
    await service.put_route("ops", receiver.url)
    await service.sender().send_due()
    assert [call.id for call in receiver.calls].count(delivery["id"]) == 2
    assert [delivery["state"] for delivery in await service.deliveries()] == ["sent", "sent"]


async def test_a_redirect_is_not_followed(service: NotificationsService, receiver: Receiver) -> None:
    async with a_receiver() as inside:
        await connect(service, receiver)
        receiver.answers = [web.Response(status=307, headers={"Location": inside.url})]
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        assert inside.calls == []
    [delivery] = await service.deliveries(state="failed")
    assert "redirects are not followed" in delivery["last_error"]


@pytest.mark.parametrize("asked", ["60", "0", "tomorrow"])
async def test_a_receivers_retry_after_is_heeded(service: NotificationsService, receiver: Receiver, asked: str) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=429, headers={"Retry-After": asked})]
    await service.handle(an_episode().fell_behind())
    sender = service.sender()
    await sender.send_due()
    service.advance(seconds=5)
    assert await sender.send_due() == (0 if asked == "60" else 1)
    service.advance(seconds=60)
    await sender.send_due()
    assert len(receiver.calls) == 2


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "[::ffff:127.0.0.1]"]
)
@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_what_was_allowed_once_is_not_called_when_it_is_no_longer(
    make_service: MakeService, receiver: Receiver, scheme: str, host: str
) -> None:
    service = await make_service(webhook_allow="")
    await connect_to_public(service)
    await service.execute("UPDATE routes SET address = :to", to=f"{scheme}://{host}:{receiver.port}/hook")
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    assert receiver.calls == []
    [delivery] = await service.deliveries()
    assert (delivery["state"], len(delivery["attempts"])) == ("failed", 1)
    assert "may be called" in delivery["last_error"]


async def connect_to_public(service: NotificationsService) -> None:
    """A route to a public name, whose address a test then changes."""
    await service.put_route("ops", "https://ops.example.org/hook")


async def test_an_untrusted_certificate_is_refused_and_the_delivery_retried(
    service: NotificationsService, tmp_path: Path
) -> None:
    async with a_receiver(self_signed(tmp_path)) as receiver:
        await service.put_route("ops", receiver.url.replace("http:", "https:"))
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        assert receiver.calls == []
    [delivery] = await service.deliveries()
    assert delivery["state"] == "pending"
    assert "certificate" in delivery["last_error"].lower()


async def test_a_removed_route_gives_up_what_is_queued(service: NotificationsService, receiver: Receiver) -> None:
    await connect(service, receiver)
    await service.handle(an_episode().fell_behind())
    await service.client.delete("/v1/routes/ops")
    assert await service.sender().send_due() == 0
    [delivery] = await service.deliveries(state="failed")
    assert delivery["last_error"] == "its route was removed"


async def test_an_address_that_was_mended_gets_what_is_queued(
    service: NotificationsService, receiver: Receiver
) -> None:
    receiver.secret = (await service.put_route("ops", "http://127.0.0.1:9/hook"))["secret"]
    await service.handle(an_episode().fell_behind())
    sender = service.sender()
    await sender.send_due()
    await service.put_route("ops", receiver.url)
    service.advance(seconds=5)
    await sender.send_due()
    assert len(receiver.calls) == 1
    [delivery] = await service.deliveries()
    assert (delivery["state"], delivery["address"]) == ("sent", receiver.url)


async def test_after_three_days_it_is_given_up_and_a_person_may_try_again(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=503) for _ in range(18)]
    await service.handle(an_episode().fell_behind())
    # The signatures' timestamps must stay near the real time, so it is the due date that is moved.
    sender = service.sender()
    for _ in range(18):
        assert await sender.send_due() == 1
        await service.execute(
            "UPDATE deliveries SET next_attempt_at = :now WHERE state = 'pending'", now=service.clock.now()
        )
        await service.execute("UPDATE routes SET paused_until = NULL")
    [delivery] = await service.deliveries(state="failed")
    assert delivery["last_error"] == "given up after 18 attempts: HTTP 503"
    answer = await service.client.post(f"/v1/deliveries/{delivery['id']}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    await sender.send_due()
    again = await service.client.post(f"/v1/deliveries/{delivery['id']}/retry")
    assert again.status_code == 409
    assert len({call.id for call in receiver.calls}) == 1


@pytest.mark.parametrize("statuses", [(500, 200), (200, 500)])
async def test_of_two_attempts_that_overlap_the_successful_one_counts(
    service: NotificationsService, receiver: Receiver, statuses: tuple[int, int]
) -> None:
    await connect(service, receiver)
    receiver.gate.clear()
    receiver.answers = [web.Response(status=status) for status in statuses]
    await service.handle(an_episode().fell_behind())
    slow = asyncio.create_task(service.sender().send_due())
    async with asyncio.timeout(TIMEOUT_SECONDS):
        await receiver.arrived.get()
        service.advance(seconds=181)
        await service.sender().send_due()
        service.advance(seconds=5)
        quick = asyncio.create_task(service.sender().send_due())
        await receiver.arrived.get()
        receiver.gate.set()
        await asyncio.gather(slow, quick)
    [delivery] = await service.deliveries()
    assert (delivery["state"], len(delivery["attempts"])) == ("sent", 2)
    assert receiver.calls[0].id == receiver.calls[1].id
