"""Receivers that are away, or ask for a pause."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from notifications.domain.delivery import Retry, Sent
from notifications.worker import create_sender
from tests.notifications.deliveries.steps import connect, states
from tests.notifications.receiver import Receiver
from tests.notifications.service import NotificationsService, alone, an_episode


async def test_once_a_receiver_answers_again_everything_that_waits_for_it_is_sent_at_once(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=500)] * 4
    for _ in range(2):
        await service.handle(alone().fell_behind())
    for delay in (5, 10):
        await service.sender().send_due()
        service.advance(seconds=delay)
    receiver.answers = []
    service.advance(seconds=-1)
    assert await service.sender().send_due() == 0
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    assert {state for _, state in await states(service)} == {"sent"}


async def test_a_receiver_down_for_forty_seconds_gets_its_message_within_fifteen_seconds_after_it_is_up(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=503)] * 100
    await service.handle(an_episode().fell_behind())
    for _ in range(40):
        await service.sender().send_due()
        service.advance(seconds=1)
    receiver.answers = []
    for _ in range(15):
        await service.sender().send_due()
        service.advance(seconds=1)
    assert await states(service) == [("raised", "sent")]


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_holds_for_everything_on_its_route_and_for_no_other(
    service: NotificationsService, receiver: Receiver, form: str
) -> None:
    await connect(service, receiver)
    until = service.clock.now() + timedelta(hours=30)
    asked = {"seconds": str(30 * 3600), "date": format_datetime(until, usegmt=True)}[form]
    receiver.answers = [web.Response(status=429, headers={"Retry-After": asked})]
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    await service.put_route("mail", "ops@example.org", under="15127")
    await service.handle(an_episode(path=("38", "BHXH-BT", "15127")).fell_behind())
    await service.execute(
        "UPDATE deliveries SET next_attempt_at = :now WHERE state = 'pending'", now=service.clock.now()
    )
    await service.sender().send_due()
    assert len(receiver.calls) == 1
    assert len(await service.deliveries(state="sent")) == 1
    [_, route] = (await service.client.get("/v1/routes")).json()["items"]
    assert abs(datetime.fromisoformat(route["paused_until"]) - until) < timedelta(seconds=2)
    # The signatures' timestamps must stay near the real time, so it is the pause that is moved.
    await service.execute("UPDATE routes SET paused_until = :now", now=service.clock.now())
    await service.sender().send_due()
    assert {state for _, state in await states(service)} == {"sent"}


async def test_what_waited_for_the_pause_of_its_route_does_not_outlast_it(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=429, headers={"Retry-After": "604800"})]
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    service.advance(seconds=5)
    assert await service.sender().send_due() == 0
    await service.put_route("ops", receiver.url)
    await service.sender().send_due()
    assert await states(service) == [("raised", "sent")]


async def test_a_route_put_anew_is_not_paused_any_more(service: NotificationsService, receiver: Receiver) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=429, headers={"Retry-After": "3600"})]
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    await service.put_route("ops", receiver.url)
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    assert len(receiver.calls) == 3


async def test_a_message_refused_for_its_own_sake_keeps_its_three_days_while_others_are_taken(
    service: NotificationsService, receiver: Receiver
) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    await service.handle(an_episode().fell_behind())
    for _ in range(30):
        [refused] = await service.claim()
        await service.record(refused, Retry("HTTP 422"))
        await service.handle(an_episode().fell_behind())
        service.advance(milliseconds=1)
        for other in await service.claim():
            await service.record(other, Sent() if other.id != refused.id else Retry("HTTP 422"))
        service.advance(seconds=5)
        if not (
            due := await service.query(
                "SELECT 1 FROM deliveries WHERE state = 'pending' AND next_attempt_at <= :now", now=service.clock.now()
            )
        ):
            break
    assert not due
    assert [delivery["state"] for delivery in await service.deliveries(state="failed")] == []
    [waiting] = await service.deliveries(state="pending")
    assert len(waiting["attempts"]) < 10


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 4), (1.0, 6)])
async def test_the_next_attempt_comes_earlier_or_later_by_the_chance_that_the_sender_is_given(
    service: NotificationsService, receiver: Receiver, chance: float, seconds: int
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=500)]
    await service.handle(an_episode().fell_behind())
    await create_sender(service.runtime, lambda: chance).send_due()
    [delivery] = await service.deliveries()
    due = datetime.fromisoformat(delivery["next_attempt_at"])
    assert due == service.clock.now() + timedelta(seconds=seconds)
