"""Receivers that are away are left alone, each receiver gets only so many messages, and both are shown."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from notifications.deliveries.claims import Capacity
from notifications.deliveries.due_sql import CHOOSE
from notifications.domain.delivery import Retry, Sent
from notifications.domain.receiver import FAILURES_TO_PAUSE, MOST_PROBES, PATIENCE, Rate
from notifications.routing.receivers.queries import failing_routes
from tests.notifications.deliveries.backlog import a_backlog
from tests.notifications.deliveries.steps import connect, states
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, NotificationsService, alone
from tests.support.plans import Explained, rows_read

AWAY = Retry("no answer within 20 s")
TEN_TIMES_AS_MANY_LATER = """
    INSERT INTO deliveries (id, alert_id, alert_version, change, alert, route_name, channel, address, state, attempts,
                            queued_at, next_attempt_at, group_code)
    SELECT gen_random_uuid(), alert_id, n, change, alert, route_name, channel, address, state, 0,
           queued_at, next_attempt_at + interval '1 hour', group_code
    FROM deliveries CROSS JOIN generate_series(2, 11) n
"""
NOWHERE = "http://127.0.0.1:9/hook"


async def raise_alone(service: NotificationsService, n: int) -> None:
    """So many alerts, each reported by a message of its own."""
    await service.handle(*(alone().fell_behind() for _ in range(n)))


async def fail_until_paused(service: NotificationsService) -> None:
    """As many attempts for which the receiver is away as pause a route."""
    await raise_alone(service, FAILURES_TO_PAUSE)
    for message in await service.claim(Capacity(20, 20, {})):
        await service.record(message, AWAY)


async def the_route(service: NotificationsService) -> dict[str, Any]:
    """The only one, as it is listed."""
    [route] = (await service.client.get("/v1/routes")).json()["items"]
    found: dict[str, Any] = route
    return found


async def test_a_receiver_that_is_away_gets_one_message_at_growing_intervals_and_everything_once_it_answers(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", NOWHERE)
    await fail_until_paused(service)
    await raise_alone(service, 10)
    for wait in (10, 20, 30):
        service.advance(seconds=wait - 0.001)
        assert await service.claim() == []
        service.advance(milliseconds=1)
        [probe] = await service.claim()
        assert await service.claim() == []
        await service.record(probe, AWAY)
    service.advance(minutes=1)
    [probe] = await service.claim()
    await service.record(probe, Sent())
    assert len(await service.claim(Capacity(100, 100, {}))) == FAILURES_TO_PAUSE + 10 - 1


async def test_a_success_that_was_under_way_ends_no_pause_and_after_it_everything_is_sent(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", NOWHERE)
    await raise_alone(service, FAILURES_TO_PAUSE + 1)
    *failing, under_way = await service.claim(Capacity(20, 20, {}))
    for message in failing:
        await service.record(message, AWAY)
    await service.record(under_way, Sent())
    service.advance(seconds=9)
    assert await service.claim() == []
    service.advance(seconds=1)
    assert len(await service.claim(Capacity(20, 20, {}))) == FAILURES_TO_PAUSE


async def test_a_success_before_the_last_failure_keeps_a_receiver_from_being_paused(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", NOWHERE)
    await raise_alone(service, FAILURES_TO_PAUSE + 1)
    *failing, last, under_way = await service.claim(Capacity(20, 20, {}))
    for message in failing:
        await service.record(message, AWAY)
    await service.record(under_way, Sent())
    await service.record(last, AWAY)
    assert len(await service.claim(Capacity(20, 20, {}))) == FAILURES_TO_PAUSE - 1


async def test_what_waits_for_a_receiver_that_is_away_is_not_given_up_without_an_attempt_of_its_own(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", NOWHERE)
    await fail_until_paused(service)
    await raise_alone(service, 3)
    await service.execute("UPDATE receivers SET probes = :probes", probes=MOST_PROBES)
    service.clock.advance(PATIENCE)
    for given_up in range(1, FAILURES_TO_PAUSE + 4):
        [message] = await service.claim()
        await service.record(message, AWAY)
        failed = await service.deliveries(state="failed")
        assert len(failed) == given_up
        service.advance(hours=1)
    assert all(delivery["attempts"] for delivery in failed)
    assert "given up after 1 attempts" in failed[-1]["last_error"]


async def test_messages_that_a_receiver_refuses_for_their_own_sake_pause_nothing(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", NOWHERE)
    await raise_alone(service, 10)
    for message in await service.claim(Capacity(20, 20, {})):
        await service.record(message, Retry("HTTP 422", fault="message"))
    await raise_alone(service, 1)
    assert len(await service.claim()) == 1
    assert (await the_route(service))["receiver"]["state"] == "failing"


async def test_a_pause_is_seen_by_all_senders(service: NotificationsService, receiver: Receiver) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=503)] * 50
    await raise_alone(service, 30)
    await asyncio.gather(*(service.sender().send_due() for _ in range(3)))
    tried = len(receiver.calls)
    assert FAILURES_TO_PAUSE <= tried <= 3 * 4 + FAILURES_TO_PAUSE
    assert await service.sender().send_due() == 0
    assert len(receiver.calls) == tried


async def test_routes_are_listed_with_the_state_of_their_receivers(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    assert (await the_route(service))["receiver"]["state"] == "untried"
    await raise_alone(service, 1)
    await service.sender().send_due()
    works = (await the_route(service))["receiver"]
    assert (works["state"], works["failing_since"], works["last_error"]) == ("ok", None, None)
    receiver.answers = [web.Response(status=503)] * 9
    await raise_alone(service, 1)
    await service.sender().send_due()
    fails = (await the_route(service))["receiver"]
    assert (fails["state"], fails["failures"], fails["last_error"]) == ("failing", 1, "HTTP 503")
    assert fails["failing_since"] == fails["last_error_at"] != None  # noqa: E711 - both are there
    assert fails["last_success_at"] == works["last_success_at"]
    await raise_alone(service, 4)
    await service.sender().send_due()
    paused = await the_route(service)
    assert (paused["receiver"]["state"], paused["receiver"]["failures"]) == ("paused", 5)
    assert paused["paused_until"] is not None
    async with service.runtime.database.read() as session:
        assert [each.name for each in await failing_routes(session)] == ["ops"]


async def test_a_route_put_again_is_tried_once_and_one_with_another_address_begins_anew(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", NOWHERE)
    await fail_until_paused(service)
    service.advance(seconds=5)
    await service.put_route("ops", NOWHERE)
    assert len(await service.claim()) == 1
    assert (await the_route(service))["receiver"]["state"] == "failing"
    await service.put_route("ops", "http://127.0.0.1:9/another")
    assert (await the_route(service))["receiver"]["state"] == "untried"
    assert len(await service.claim()) == FAILURES_TO_PAUSE - 1


async def test_what_comes_of_an_attempt_at_the_former_address_says_nothing_of_the_new_one(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", NOWHERE)
    await raise_alone(service, 1)
    [message] = await service.claim()
    await service.put_route("ops", "http://127.0.0.1:9/another")
    await service.record(message, AWAY)
    assert (await the_route(service))["receiver"]["state"] == "untried"


async def test_a_sender_that_stops_in_mid_send_is_no_failure_of_the_receiver(service: NotificationsService) -> None:
    await service.put_route("ops", NOWHERE)
    await raise_alone(service, 9)
    await service.claim(Capacity(20, 20, {}))
    service.advance(seconds=600)
    await service.claim()
    assert (await the_route(service))["receiver"]["state"] == "untried"


async def test_a_route_gets_no_more_messages_than_its_rate_however_many_senders_claim(
    service: NotificationsService,
) -> None:
    for name in ("ops", "else"):
        await service.put_route(name, f"{NOWHERE}/{name}")
    await raise_alone(service, 20)
    capacity = Capacity(20, 20, {}, rate=Rate(60))
    claimed = await asyncio.gather(*(service.claim(capacity) for _ in range(5)))
    names = [message.route_name for messages in claimed for message in messages]
    assert (names.count("ops"), names.count("else")) == (6, 6)
    service.advance(milliseconds=999)
    assert await service.claim(capacity) == []
    service.advance(milliseconds=1)
    assert len(await service.claim(capacity)) == 2
    service.advance(minutes=10)
    assert len(await service.claim(capacity)) == 12


async def test_the_rate_is_a_setting(make_service: MakeService, receiver: Receiver) -> None:
    service = await make_service(route_messages_per_minute=20)
    await connect(service, receiver)
    await raise_alone(service, 5)
    assert await service.sender().send_due() == 2
    service.advance(seconds=3)
    assert await service.sender().send_due() == 1
    assert sorted(state for _, state in await states(service)) == ["pending"] * 2 + ["sent"] * 3


async def test_what_is_read_to_choose_messages_does_not_grow_with_what_waits(service: NotificationsService) -> None:
    await a_backlog(service, alerts=5, routes=40)
    values = {"per_route": 4, "slots": 20, "window": 100, "burst": 100.0, "per_second": 10.0, "failures_to_pause": 5}
    busy: dict[str, Any] = {"busy_routes": [], "busy_counts": []}

    async def read() -> float:
        async with service.runtime.database.write() as work:
            found = await work.execute(Explained(CHOOSE.statement), values | busy | {"now": service.clock.now()})
            [plan] = found.scalar_one()
            return rows_read(plan["Plan"], "deliveries")

    few = await read()
    await service.execute(TEN_TIMES_AS_MANY_LATER)
    await service.execute("ANALYZE deliveries")
    assert 0 < await read() <= few * 1.5
