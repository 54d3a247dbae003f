"""The last message that a receiver gets of an alert is its present state."""

from __future__ import annotations

import asyncio
import email
import email.policy
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from notifications.deliveries.store import Capacity
from notifications.deliveries.usecases import LEASE, claim, record_outcome
from notifications.domain.delivery import Retry, Sent
from notifications.messages.outgoing_message import OutgoingMessage
from tests.notifications.receiver import Receiver
from tests.notifications.service import House, MakeHouse, an_episode
from tests.support.waiting import running, soon

ROOM = Capacity(20, 4, {})


async def connect(house: House, receiver: Receiver, name: str = "ops", **more: Any) -> None:
    """Put a route to the receiver, and tell the receiver the secret."""
    receiver.secret = (await house.put_route(name, receiver.url, **more))["secret"]


async def states(house: House) -> list[tuple[str, str]]:
    """ChangeKind and state of each delivery, oldest first."""
    return [(delivery["change"], delivery["state"]) for delivery in await house.deliveries()]


async def test_what_was_overtaken_before_it_was_sent_is_superseded_and_the_newest_goes_out_at_once(
    house: House, receiver: Receiver
) -> None:
    await connect(house, receiver)
    receiver.answers = [web.Response(status=500), web.Response(status=500)]
    lag = an_episode()
    await house.hear(lag.fell_behind())
    await house.loop().send_due()
    await house.hear(lag.worsened())
    await house.loop().send_due()
    await house.hear(lag.recovered())
    await house.loop().send_due()
    assert await states(house) == [("raised", "superseded"), ("worsened", "superseded"), ("resolved", "sent")]
    assert [call.body["type"].split(".")[2] for call in receiver.calls] == ["raised", "worsened", "resolved"]
    house.advance(days=4)
    assert await house.loop().send_due() == 0
    overtaken = await house.deliveries(state="superseded")
    assert "version 2" in overtaken[0]["last_error"]


async def test_a_newer_delivery_waits_for_the_one_that_is_being_sent(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    lag = an_episode()
    await house.hear(lag.fell_behind())
    receiver.gate.clear()
    first, second = house.loop(), house.loop()
    async with running(first.send_due()) as sending:
        await soon(receiver.arrived.get())
        await house.hear(lag.recovered())
        assert await second.send_due() == 0
        receiver.gate.set()
        await soon(sending)
    await second.send_due()
    assert await states(house) == [("raised", "sent"), ("resolved", "sent")]
    assert [call.body["type"].split(".")[2] for call in receiver.calls] == ["raised", "resolved"]


async def test_one_that_comes_back_unsent_when_a_newer_one_is_there_is_superseded(house: House) -> None:
    await house.put_route("ops", "http://127.0.0.1:9/hook")
    lag = an_episode()
    await house.hear(lag.fell_behind())
    [raised] = await claim(house.runtime.database, ROOM, house.clock.now())
    await house.hear(lag.recovered())
    assert await claim(house.runtime.database, ROOM, house.clock.now()) == []
    await record_outcome(house.runtime.database, raised, Retry("busy"), house.clock.now())
    [resolved] = await claim(house.runtime.database, ROOM, house.clock.now())
    assert resolved.change == "resolved"
    assert await states(house) == [("raised", "superseded"), ("resolved", "sending")]


async def test_workers_that_claim_at_the_same_time_never_have_two_versions_in_hand(house: House) -> None:
    await house.put_route("ops", "http://127.0.0.1:9/hook")
    database, now = house.runtime.database, house.clock.now()
    lags = [an_episode() for _ in range(10)]
    for lag in lags:
        await house.hear(lag.fell_behind())

    async def hear() -> None:
        for lag in lags:
            await house.hear(lag.recovered())

    capacity = Capacity(100, 100, {})
    taken = await asyncio.gather(hear(), *(claim(database, capacity, now) for _ in range(8)))
    messages = [message for claimed in taken[1:] for message in claimed or []]
    alerts = [message.alert["id"] for message in messages]
    assert len(alerts) == len(set(alerts)) > 0


async def test_a_newer_one_waits_for_the_second_attempt_even_where_the_first_one_succeeds_after_its_lease(
    house: House,
) -> None:
    """The second attempt may reach the receiver at any moment, so that it must not be overtaken."""
    await house.put_route("ops", "http://127.0.0.1:9/hook")
    database = house.runtime.database
    lag = an_episode()
    await house.hear(lag.fell_behind())
    [late] = await claim(database, ROOM, house.clock.now())
    house.clock.advance(LEASE)
    assert await claim(database, ROOM, house.clock.now()) == []
    house.advance(seconds=5)
    [second] = await claim(database, ROOM, house.clock.now())
    await record_outcome(database, late, Sent(), house.clock.now())
    await house.hear(lag.recovered())
    assert await claim(database, ROOM, house.clock.now()) == []
    await record_outcome(database, second, Retry("busy"), house.clock.now())
    [newest] = await claim(database, ROOM, house.clock.now())
    assert newest.change == "resolved"
    assert await states(house) == [("raised", "sent"), ("resolved", "sending")]


async def test_of_two_attempts_that_are_settled_at_the_same_time_the_success_counts(house: House) -> None:
    await house.put_route("ops", "http://127.0.0.1:9/hook")
    database, capacity = house.runtime.database, Capacity(100, 100, {})
    await house.hear(*(an_episode().fell_behind() for _ in range(20)))
    late = await claim(database, capacity, house.clock.now())
    house.clock.advance(LEASE)
    await claim(database, capacity, house.clock.now())
    house.advance(seconds=5)
    second = await claim(database, capacity, house.clock.now())
    assert len(late) == len(second) == 20
    now = house.clock.now()
    successes = [record_outcome(database, message, Sent(), now) for message in sorted(late, key=_id)]
    failures = [record_outcome(database, message, Retry("busy"), now) for message in sorted(second, key=_id)]
    await asyncio.gather(*(settled for pair in zip(successes, failures, strict=True) for settled in pair))
    assert {state for _, state in await states(house)} == {"sent"}


def _id(message: OutgoingMessage) -> UUID:
    return message.id


async def test_what_was_sent_stays_sent_where_the_sender_of_its_second_attempt_dies(house: House) -> None:
    await house.put_route("ops", "http://127.0.0.1:9/hook")
    database = house.runtime.database
    await house.hear(an_episode().fell_behind())
    [late] = await claim(database, ROOM, house.clock.now())
    house.clock.advance(LEASE)
    await claim(database, ROOM, house.clock.now())
    house.advance(seconds=5)
    await claim(database, ROOM, house.clock.now())
    await record_outcome(database, late, Sent(), house.clock.now())
    house.clock.advance(LEASE)
    assert await claim(database, ROOM, house.clock.now()) == []
    [delivery] = await house.deliveries()
    assert (delivery["state"], delivery["next_attempt_at"], delivery["last_error"]) == ("sent", None, None)


@pytest.mark.parametrize("state", ["superseded", "failed", "unconfirmed"])
async def test_a_person_cannot_send_what_a_newer_one_has_overtaken(house: House, state: str) -> None:
    await house.put_route("ops", "http://127.0.0.1:9/hook")
    lag = an_episode()
    await house.hear(lag.fell_behind(), lag.recovered())
    await house.loop().send_due()
    [raised, _] = await house.deliveries()
    await house.execute("UPDATE deliveries SET state = :state WHERE id = :id", state=state, id=raised["id"])
    answer = await house.client.post(f"/v1/deliveries/{raised['id']}/retry")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:drive:problem:not-retriable")
    assert "newer" in answer.json()["detail"]


async def test_a_receiver_that_answers_again_is_told_at_once_what_waits_for_it(
    house: House, receiver: Receiver
) -> None:
    await connect(house, receiver)
    receiver.answers = [web.Response(status=500)] * 12
    for _ in range(4):
        await house.hear(an_episode().fell_behind())
    for delay in (5, 10, 15):
        await house.loop().send_due()
        house.advance(seconds=delay)
    receiver.answers = []
    house.advance(seconds=-1)
    assert await house.loop().send_due() == 0
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    assert {state for _, state in await states(house)} == {"sent"}


async def test_a_receiver_away_for_forty_seconds_hears_within_a_quarter_of_a_minute_after_it_is_back(
    house: House, receiver: Receiver
) -> None:
    await connect(house, receiver)
    receiver.answers = [web.Response(status=503)] * 100
    await house.hear(an_episode().fell_behind())
    for _ in range(40):
        await house.loop().send_due()
        house.advance(seconds=1)
    receiver.answers = []
    for _ in range(15):
        await house.loop().send_due()
        house.advance(seconds=1)
    assert await states(house) == [("raised", "sent")]


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_holds_for_everything_on_its_route_and_for_no_other(
    house: House, receiver: Receiver, form: str
) -> None:
    await connect(house, receiver)
    until = house.clock.now() + timedelta(hours=30)
    asked = {"seconds": str(30 * 3600), "date": format_datetime(until, usegmt=True)}[form]
    receiver.answers = [web.Response(status=429, headers={"Retry-After": asked})]
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    await house.put_route("mail", "ops@example.org")
    await house.hear(an_episode().fell_behind())
    await house.execute("UPDATE deliveries SET next_attempt_at = :now WHERE state = 'pending'", now=house.clock.now())
    await house.loop().send_due()
    assert len(receiver.calls) == 1
    assert len(await house.deliveries(state="sent")) == 1
    [_, route] = (await house.client.get("/v1/routes")).json()["items"]
    assert abs(datetime.fromisoformat(route["paused_until"]) - until) < timedelta(seconds=2)
    # The signatures' timestamps must stay near the real time, so it is the pause that is moved.
    await house.execute("UPDATE routes SET paused_until = :now", now=house.clock.now())
    await house.loop().send_due()
    assert {state for _, state in await states(house)} == {"sent"}


async def test_what_waited_for_the_pause_of_its_route_does_not_outlast_it(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    receiver.answers = [web.Response(status=429, headers={"Retry-After": "604800"})]
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    house.advance(seconds=5)
    assert await house.loop().send_due() == 0
    await house.put_route("ops", receiver.url)
    await house.loop().send_due()
    assert await states(house) == [("raised", "sent")]


async def test_a_route_put_anew_is_not_paused_any_more(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    receiver.answers = [web.Response(status=429, headers={"Retry-After": "3600"})]
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    await house.put_route("ops", receiver.url)
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    assert len(receiver.calls) == 3


async def test_an_alert_whose_end_is_heard_first_is_on_record_and_told_once_to_everybody_it_concerns(
    house: House, receiver: Receiver
) -> None:
    await connect(house, receiver, min_severity="critical")
    await house.put_route("warnings", "ops@example.org")
    await house.put_route("elsewhere", "else@example.org", under="99")
    lag = an_episode()
    recovered = lag.recovered()
    grave = recovered.model_copy(update={"data": recovered.data.model_copy(update={"worst_severity": "critical"})})
    await house.hear(grave, lag.fell_behind(severity="critical"))
    await house.loop().send_due()
    [alert] = await house.alerts()
    assert (alert["status"], alert["severity"]) == ("resolved", "critical")
    assert sorted(delivery["route_name"] for delivery in await house.deliveries()) == ["ops", "warnings"]
    assert [call.body["type"] for call in receiver.calls] == ["drive.alert.resolved.v1"]


async def test_the_end_of_a_worsening_that_was_not_heard_is_told_to_those_who_only_hear_of_critical_alerts(
    house: House,
) -> None:
    await house.put_route("grave", "grave@example.org", min_severity="critical")
    await house.put_route("all", "all@example.org")
    lag = an_episode()
    recovered = lag.recovered()
    grave = recovered.model_copy(update={"data": recovered.data.model_copy(update={"worst_severity": "critical"})})
    await house.hear(lag.fell_behind(), grave, lag.worsened())
    told = [(delivery["route_name"], delivery["change"]) for delivery in await house.deliveries()]
    assert sorted(told) == [("all", "raised"), ("all", "resolved"), ("grave", "resolved")]
    [alert] = await house.alerts()
    assert (alert["status"], alert["severity"]) == ("resolved", "critical")


async def test_a_mail_that_tells_the_end_alone_says_that_there_was_a_beginning(
    make_house: MakeHouse, tmp_path: Path
) -> None:
    house = await make_house(smtp_url=None)
    await house.put_route("ops", "ops@example.org")
    unheard, overtaken, told = an_episode(), an_episode(), an_episode()
    await house.hear(told.fell_behind())
    await house.loop().send_due()
    await house.hear(unheard.recovered(), overtaken.fell_behind(), overtaken.recovered(), told.recovered())
    await house.loop().send_due()
    words = {"fell behind": 0, "has caught up with its target": 0, "lags behind": 0}
    for file in (tmp_path / "outbox").glob("*.eml"):
        text = email.message_from_bytes(file.read_bytes(), policy=email.policy.default).get_content()
        words = {part: n + (part in text) for part, n in words.items()}
    assert words == {"fell behind": 2, "has caught up with its target": 1, "lags behind": 1}


async def test_a_delivery_whose_lease_is_over_is_not_sent_any_more(house: House, receiver: Receiver) -> None:
    """As after a pause of the whole process: others may have sent something newer by now."""
    await connect(house, receiver)
    await house.hear(an_episode().fell_behind())
    loop = house.loop()
    [message] = await claim(house.runtime.database, ROOM, house.clock.now())
    house.clock.advance(LEASE)

    async def send(_: object) -> Sent:
        raise AssertionError("it must not be sent")

    await loop.deliver(message, send)
    assert receiver.calls == []
    assert await house.loop().send_due() == 0
    house.advance(seconds=5)
    assert await house.loop().send_due() == 1


async def test_a_secret_can_be_rotated_and_both_are_good_for_a_day(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    old = receiver.secret
    rotated = await house.client.post("/v1/routes/ops/secrets")
    assert rotated.status_code == 201
    for secret in (old, rotated.json()["secret"]):
        receiver.secret = secret
        await house.hear(an_episode().fell_behind())
        await house.loop().send_due()
    assert {state for _, state in await states(house)} == {"sent"}
    # The signatures' timestamps must stay near the real time, so it is the end of the overlap that is moved.
    await house.execute("UPDATE routes SET previous_secret_until = :now", now=house.clock.now())
    sealed = await house.query("SELECT secret, previous_secret FROM routes")
    assert old not in str(sealed)
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    assert len(receiver.calls) == 3
    receiver.secret = old
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    assert len(receiver.calls) == 3


async def test_of_three_secrets_within_a_day_the_last_two_are_good(house: House, receiver: Receiver) -> None:
    await connect(house, receiver)
    first = receiver.secret
    second, third = [(await house.client.post("/v1/routes/ops/secrets")).json()["secret"] for _ in range(2)]
    heard = []
    for secret in (first, second, third):
        receiver.secret, receiver.calls = secret, []
        await house.hear(an_episode().fell_behind())
        await house.loop().send_due()
        heard.append(len(receiver.calls) > 0)
    assert heard == [False, True, True]


async def test_only_a_webhook_has_a_secret_to_rotate(house: House) -> None:
    await house.put_route("mail", "ops@example.org")
    refused = await house.client.post("/v1/routes/mail/secrets")
    missing = await house.client.post("/v1/routes/nobody/secrets")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:drive:problem:not-a-webhook")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:drive:problem:no-such-route")


async def test_a_message_refused_for_its_own_sake_keeps_its_three_days_while_others_are_taken(
    house: House, receiver: Receiver
) -> None:
    await house.put_route("ops", "http://127.0.0.1:9/hook")
    await house.hear(an_episode().fell_behind())
    database = house.runtime.database
    for _ in range(30):
        [refused] = await claim(database, ROOM, house.clock.now())
        await record_outcome(database, refused, Retry("HTTP 422"), house.clock.now())
        await house.hear(an_episode().fell_behind())
        house.advance(milliseconds=1)
        for other in await claim(database, ROOM, house.clock.now()):
            await record_outcome(
                database, other, Sent() if other.id != refused.id else Retry("HTTP 422"), house.clock.now()
            )
        house.advance(seconds=5)
        if not (
            due := await house.query(
                "SELECT 1 FROM deliveries WHERE state = 'pending' AND next_attempt_at <= :now", now=house.clock.now()
            )
        ):
            break
    assert not due
    assert [delivery["state"] for delivery in await house.deliveries(state="failed")] == []
    [waiting] = await house.deliveries(state="pending")
    assert len(waiting["attempts"]) < 10
