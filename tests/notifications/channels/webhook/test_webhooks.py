"""Webhooks: signed, repeated under the same id, sent once by however many workers, and never into the house."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from notifications.deliveries.store import Capacity
from notifications.deliveries.usecases import claim
from tests.notifications.receiver import Receiver, a_receiver, self_signed
from tests.notifications.service import House, MakeHouse, an_episode

PATIENCE = 20.0


async def connect(house: House, receiver: Receiver, name: str = "ops", **more: str) -> None:
    """Put a route to the receiver, and tell the receiver the secret."""
    receiver.secret = (await house.put_route(name, receiver.url, **more))["secret"]


async def test_raised_and_resolved_are_told_once_each(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    lag = an_episode()
    await house.hear(lag.fell_behind(), lag.fell_behind())
    assert await house.loop().send_due() == 1
    await house.hear(lag.recovered(), lag.recovered())
    assert await house.loop().send_due() == 1
    assert [call.body["type"] for call in receiver.calls] == ["drive.alert.raised.v1", "drive.alert.resolved.v1"]
    assert receiver.calls[0].id != receiver.calls[1].id
    [alert] = await house.alerts()
    assert receiver.calls[1].body["data"] == alert
    assert [delivery["state"] for delivery in await house.deliveries()] == ["sent", "sent"]


async def test_a_failed_attempt_is_repeated_under_the_same_id_and_with_the_same_body(
    house: House, receiver: Receiver
) -> None:
    await connect(house, receiver)
    receiver.answers = [web.Response(status=500)]
    await house.hear(an_episode().fell_behind())
    loop = house.loop()
    assert await loop.send_due() == 1
    assert await loop.send_due() == 0
    [delivery] = await house.deliveries(state="pending")
    assert delivery["last_error"] == "HTTP 500"
    house.advance(seconds=5)
    assert await loop.send_due() == 1
    first, second = receiver.calls
    assert (first.id, first.raw) == (second.id, second.raw)
    [delivery] = await house.deliveries()
    assert delivery["id"] == first.id
    assert [attempt["outcome"] for attempt in delivery["attempts"]] == ["retry", "sent"]


async def test_a_worsened_alert_reaches_those_who_only_hear_of_critical_ones(house: House, receiver: Receiver) -> None:
    await connect(house, receiver, min_severity="critical")
    lag = an_episode()
    await house.hear(lag.fell_behind(), lag.worsened())
    await house.loop().send_due()
    await house.hear(lag.recovered())
    await house.loop().send_due()
    assert {call.body["type"] for call in receiver.calls} == {"drive.alert.worsened.v1", "drive.alert.resolved.v1"}


async def test_who_was_not_told_of_the_alert_is_not_told_of_its_end(house: House, receiver: Receiver) -> None:
    await connect(house, receiver, min_severity="critical")
    await house.put_route("elsewhere", "ops@example.org", under="15127")
    lag = an_episode()
    await house.hear(lag.fell_behind(), lag.recovered())
    assert await house.deliveries() == []


async def test_two_workers_at_once_send_once(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    await house.hear(*(an_episode().fell_behind() for _ in range(25)))
    counts = await asyncio.gather(*(house.loop().send_due() for _ in range(2)))
    assert sum(counts) == 25
    assert len({call.id for call in receiver.calls}) == len(receiver.calls) == 25


async def test_a_slow_receiver_does_not_hold_up_others(house: House, receiver: Receiver) -> None:
    async with a_receiver() as slow:
        slow.gate.clear()
        await connect(house, slow, "slow")
        await house.hear(*(an_episode().fell_behind() for _ in range(30)))
        await connect(house, receiver, "quick")
        await house.hear(an_episode().fell_behind())
        loop = house.loop()
        running = asyncio.create_task(loop.run())
        async with asyncio.timeout(PATIENCE):
            await receiver.arrived.get()
        assert len(slow.calls) <= 4
        slow.gate.set()
        loop.stop()
        await running


async def test_stopping_finishes_what_is_in_hand(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    receiver.gate.clear()
    await house.hear(an_episode().fell_behind())
    loop = house.loop()
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(PATIENCE):
        await receiver.arrived.get()
        loop.stop()
        receiver.gate.set()
        await running
    assert [delivery["state"] for delivery in await house.deliveries()] == ["sent"]


async def test_a_webhook_whose_sender_died_is_sent_again_under_the_same_id(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    await house.hear(an_episode().fell_behind())
    [message] = await claim(house.runtime.database, Capacity(20, 4, {}), house.clock.now())
    loop = house.loop()
    assert await loop.send_due() == 0
    house.advance(seconds=181)
    assert await loop.send_due() == 0
    house.advance(seconds=5)
    assert await loop.send_due() == 1
    assert [call.id for call in receiver.calls] == [str(message.id)]
    [delivery] = await house.deliveries()
    assert [attempt["outcome"] for attempt in delivery["attempts"]] == ["retry", "sent"]


async def test_410_switches_the_route_off_until_it_is_put_again(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    receiver.answers = [web.Response(status=410)]
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    [route] = (await house.client.get("/v1/routes")).json()["items"]
    assert route["disabled_reason"] == "HTTP 410: the receiver is gone"
    [delivery] = await house.deliveries(state="failed")
    refused = await house.client.post(f"/v1/deliveries/{delivery['id']}/retry")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:drive:problem:not-retriable")
    await house.hear(an_episode().fell_behind())
    assert len(await house.deliveries()) == 1
    await house.put_route("ops", receiver.url)
    assert (await house.client.post(f"/v1/deliveries/{delivery['id']}/retry")).status_code == 202
    await house.loop().send_due()
    assert [call.id for call in receiver.calls] == [delivery["id"]] * 2
    assert [delivery["state"] for delivery in await house.deliveries()] == ["sent"]


async def test_a_redirect_is_not_followed(house: House, receiver: Receiver) -> None:
    async with a_receiver() as inside:
        await connect(house, receiver)
        receiver.answers = [web.Response(status=307, headers={"Location": inside.url})]
        await house.hear(an_episode().fell_behind())
        await house.loop().send_due()
        assert inside.calls == []
    [delivery] = await house.deliveries(state="failed")
    assert "redirects are not followed" in delivery["last_error"]


@pytest.mark.parametrize("asked", ["60", "0", "tomorrow"])
async def test_a_receivers_retry_after_is_heeded(house: House, receiver: Receiver, asked: str) -> None:
    await connect(house, receiver)
    receiver.answers = [web.Response(status=429, headers={"Retry-After": asked})]
    await house.hear(an_episode().fell_behind())
    loop = house.loop()
    await loop.send_due()
    house.advance(seconds=5)
    assert await loop.send_due() == (0 if asked == "60" else 1)
    house.advance(seconds=60)
    await loop.send_due()
    assert len(receiver.calls) == 2


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "[::ffff:127.0.0.1]"]
)
@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_what_was_allowed_once_is_not_called_when_it_is_no_longer(
    make_house: MakeHouse, receiver: Receiver, scheme: str, host: str
) -> None:
    house = await make_house(webhook_allow="")
    await connect_to_public(house)
    await house.execute("UPDATE routes SET address = :to", to=f"{scheme}://{host}:{receiver.port}/hook")
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    assert receiver.calls == []
    [delivery] = await house.deliveries()
    assert (delivery["state"], len(delivery["attempts"])) == ("failed", 1)
    assert "may be called" in delivery["last_error"]


async def connect_to_public(house: House) -> None:
    """A route to a public name, which a test then turns elsewhere."""
    await house.put_route("ops", "https://ops.example.org/hook")


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted_but_may_be_mended(
    house: House, tmp_path: Path
) -> None:
    async with a_receiver(self_signed(tmp_path)) as receiver:
        await house.put_route("ops", receiver.url.replace("http:", "https:"))
        await house.hear(an_episode().fell_behind())
        await house.loop().send_due()
        assert receiver.calls == []
    [delivery] = await house.deliveries()
    assert delivery["state"] == "pending"
    assert "certificate" in delivery["last_error"].lower()


async def test_a_removed_route_gives_up_what_is_queued(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    await house.hear(an_episode().fell_behind())
    await house.client.delete("/v1/routes/ops")
    assert await house.loop().send_due() == 0
    [delivery] = await house.deliveries(state="failed")
    assert delivery["last_error"] == "its route was removed or disabled"


async def test_an_address_that_was_mended_gets_what_is_queued(house: House, receiver: Receiver) -> None:
    receiver.secret = (await house.put_route("ops", "http://127.0.0.1:9/hook"))["secret"]
    await house.hear(an_episode().fell_behind())
    loop = house.loop()
    await loop.send_due()
    await house.put_route("ops", receiver.url)
    house.advance(seconds=5)
    await loop.send_due()
    assert len(receiver.calls) == 1
    [delivery] = await house.deliveries()
    assert (delivery["state"], delivery["address"]) == ("sent", receiver.url)


async def test_after_three_days_it_is_given_up_and_a_person_may_try_again(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    receiver.answers = [web.Response(status=503) for _ in range(18)]
    await house.hear(an_episode().fell_behind())
    # The signatures' timestamps must stay near the real time, so it is the due date that is moved.
    loop = house.loop()
    for _ in range(18):
        assert await loop.send_due() == 1
        await house.execute(
            "UPDATE deliveries SET next_attempt_at = :now WHERE state = 'pending'", now=house.clock.now()
        )
    [delivery] = await house.deliveries(state="failed")
    assert delivery["last_error"] == "given up after 18 attempts: HTTP 503"
    answer = await house.client.post(f"/v1/deliveries/{delivery['id']}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    await loop.send_due()
    again = await house.client.post(f"/v1/deliveries/{delivery['id']}/retry")
    assert again.status_code == 409
    assert len({call.id for call in receiver.calls}) == 1


@pytest.mark.parametrize("statuses", [(500, 200), (200, 500)])
async def test_of_two_attempts_that_overlap_the_successful_one_counts(
    house: House, receiver: Receiver, statuses: tuple[int, int]
) -> None:
    await connect(house, receiver)
    receiver.gate.clear()
    receiver.answers = [web.Response(status=status) for status in statuses]
    await house.hear(an_episode().fell_behind())
    slow = asyncio.create_task(house.loop().send_due())
    async with asyncio.timeout(PATIENCE):
        await receiver.arrived.get()
        house.advance(seconds=181)
        await house.loop().send_due()
        house.advance(seconds=5)
        quick = asyncio.create_task(house.loop().send_due())
        await receiver.arrived.get()
        receiver.gate.set()
        await asyncio.gather(slow, quick)
    [delivery] = await house.deliveries()
    assert (delivery["state"], len(delivery["attempts"])) == ("sent", 2)
    assert receiver.calls[0].id == receiver.calls[1].id
