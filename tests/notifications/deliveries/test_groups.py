"""Alerts that arise together are reported together: one message for each route and group."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
from collections import Counter
from email.message import EmailMessage

import pytest
from aiohttp import web

from notifications.channels.mail.compose import Sender, compose_mail
from notifications.deliveries.claims import Capacity
from notifications.deliveries.usecases import LEASE
from notifications.domain.delivery import Refused, Retry, Sent
from tests.notifications.deliveries.steps import connect, states
from tests.notifications.receiver import Receiver
from tests.notifications.service import Episode, MakeService, NotificationsService, alone, an_episode
from tests.support.smtp import ScriptedServer, a_scripted_server

WAIT = 30


@pytest.fixture
async def waiting(make_service: MakeService) -> NotificationsService:
    """A service whose groups wait."""
    return await make_service(group_wait_seconds=WAIT)


def communes(insurance_unit: str, n: int) -> list[Episode]:
    """Targets of so many communes under an insurance unit."""
    return [an_episode(path=("38", insurance_unit, f"{insurance_unit}-{i}"), unit_name=f"Xã {i}") for i in range(n)]


def mails_of(server: ScriptedServer) -> list[EmailMessage]:
    """What arrived."""
    raw = [text.removesuffix(b".\r\n") for text in server.texts]
    return [email.message_from_bytes(each, EmailMessage, policy=email.policy.default) for each in raw]


async def test_a_sweep_of_120_communes_under_two_insurance_units_makes_two_messages_for_each_route(
    make_service: MakeService, receiver: Receiver
) -> None:
    async with a_scripted_server({}) as server:
        service = await make_service(group_wait_seconds=WAIT, smtp_url=f"smtp://127.0.0.1:{server.port}")
        await connect(service, receiver)
        await service.put_route("mail", "ops@example.org")
        lags = communes("BHXH-CT", 60) + communes("BHXH-BT", 60)
        await service.handle_batch([lag.fell_behind() for lag in lags[:70]])
        service.advance(seconds=5)
        await service.handle_batch([lag.fell_behind() for lag in lags[70:]])
        service.advance(seconds=WAIT - 6)
        assert await service.sender().send_due() == 0
        service.advance(seconds=1)
        assert await service.sender().send_due() == 4
        service.advance(days=1)
        assert await service.sender().send_due() == 0
    assert sorted(len(call.events) for call in receiver.calls) == [60, 60]
    told = {event["data"]["target_id"] for call in receiver.calls for event in call.events}
    assert told == {str(lag.target_id) for lag in lags}
    subjects = sorted(str(mail["subject"]) for mail in mails_of(server))
    assert subjects == [f"[WARNING] Unit BHXH-{name}: 60 cảnh báo (60 mới)" for name in ("BT", "CT")]
    listed = await service.deliveries(limit=500)
    assert Counter((row["route_name"], row["group_code"], row["state"]) for row in listed) == {
        (route, f"unit:BHXH-{name}", "sent"): 60 for route in ("ops", "mail") for name in ("CT", "BT")
    }
    assert {row["message_id"] for row in listed if row["route_name"] == "ops"} == {c.id for c in receiver.calls}


async def test_an_alert_without_an_insurance_unit_is_reported_with_its_province_and_one_without_a_unit_with_its_owner(
    waiting: NotificationsService, receiver: Receiver
) -> None:
    await connect(waiting, receiver)
    await waiting.handle(an_episode(path=("38", "15142")).fell_behind(), an_episode(path=("38",)).fell_behind())
    await waiting.handle(alone().fell_behind(), alone().fell_behind())
    waiting.advance(seconds=WAIT)
    await waiting.sender().send_due()
    assert sorted(len(call.events) for call in receiver.calls) == [1, 1, 2]


async def test_an_alert_that_is_raised_and_resolved_within_the_wait_is_reported_to_nobody(
    waiting: NotificationsService, receiver: Receiver
) -> None:
    await connect(waiting, receiver)
    lag = an_episode()
    await waiting.handle(lag.fell_behind(), lag.worsened())
    waiting.advance(seconds=WAIT - 1)
    await waiting.handle(lag.recovered())
    waiting.advance(days=1)
    assert await waiting.sender().send_due() == 0
    assert await states(waiting) == [("raised", "superseded"), ("worsened", "superseded"), ("resolved", "superseded")]
    [*_, resolved] = await waiting.deliveries()
    assert resolved["last_error"] == "the alert began and ended before the route was told of it"
    answer = await waiting.client.post(f"/v1/deliveries/{resolved['id']}/retry")
    assert (answer.status_code, "nothing to send" in answer.json()["detail"]) == (409, True)


async def test_an_alert_that_begins_and_ends_within_one_batch_of_events_is_reported_to_nobody(
    waiting: NotificationsService, receiver: Receiver
) -> None:
    await connect(waiting, receiver)
    lag = an_episode()
    await waiting.handle_batch([lag.fell_behind(), lag.recovered()])
    waiting.advance(seconds=WAIT)
    assert await waiting.sender().send_due() == 0
    assert await states(waiting) == [("raised", "superseded"), ("resolved", "superseded")]
    assert receiver.calls == []


async def test_the_end_of_an_alert_that_was_tried_once_is_reported(
    waiting: NotificationsService, receiver: Receiver
) -> None:
    await connect(waiting, receiver)
    receiver.answers = [web.Response(status=500)]
    lag = an_episode()
    await waiting.handle(lag.fell_behind())
    waiting.advance(seconds=WAIT)
    await waiting.sender().send_due()
    await waiting.handle(lag.recovered())
    waiting.advance(seconds=WAIT)
    await waiting.sender().send_due()
    assert [call.body["type"].split(".")[2] for call in receiver.calls] == ["raised", "resolved"]


async def test_an_alert_that_keeps_changing_does_not_hold_up_its_group(
    waiting: NotificationsService, receiver: Receiver
) -> None:
    await connect(waiting, receiver)
    lag = an_episode()
    await waiting.handle(lag.fell_behind())
    waiting.advance(seconds=WAIT - 1)
    await waiting.handle(lag.worsened())
    waiting.advance(seconds=1)
    await waiting.sender().send_due()
    assert [call.body["type"].split(".")[2] for call in receiver.calls] == ["worsened"]


async def test_a_message_is_repeated_whole_under_one_id_without_what_was_overtaken_meanwhile(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=500)] * 2
    staying, changing = communes("BHXH-CT", 2)
    await service.handle_batch([staying.fell_behind(), changing.fell_behind()])
    await service.sender().send_due()
    service.advance(seconds=5)
    await service.sender().send_due()
    await service.handle(changing.worsened())
    service.advance(seconds=10)
    await service.sender().send_due()
    first, second, *rest = receiver.calls
    assert (first.id, first.raw) == (second.id, second.raw)
    assert sorted((call.id == first.id, [event["type"].split(".")[2] for event in call.events]) for call in rest) == [
        (False, ["worsened"]),
        (True, ["raised"]),
    ]
    outcomes = [[attempt["outcome"] for attempt in row["attempts"]] for row in await service.deliveries()]
    assert outcomes == [["retry", "retry", "sent"], ["retry", "retry"], ["sent"]]
    assert await states(service) == [("raised", "sent"), ("raised", "superseded"), ("worsened", "sent")]


async def test_a_late_success_counts_for_what_its_attempt_was_about_only(service: NotificationsService) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    staying, changing = communes("BHXH-CT", 2)
    await service.handle_batch([staying.fell_behind(), changing.fell_behind()])
    [message] = await service.claim()
    await service.record(message, Retry("busy"))
    await service.handle(changing.worsened())
    service.advance(seconds=5)
    again = next(each for each in await service.claim() if each.id == message.id)
    assert [notice.alert.target_id for notice in again.notices] == [staying.target_id]
    await service.record(again, Sent())
    assert (await states(service))[:2] == [("raised", "sent"), ("raised", "superseded")]


async def test_a_change_while_its_group_is_being_sent_waits_for_the_next_message(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    known, new = communes("BHXH-CT", 2)
    await service.handle(known.fell_behind())
    [message] = await service.claim()
    await service.handle(known.worsened(), new.fell_behind())
    [second] = await service.claim()
    assert [notice.alert.target_id for notice in second.notices] == [new.target_id]
    await service.record(message, Sent())
    [third] = await service.claim()
    assert [(n.change, n.alert.target_id, n.earlier) for n in third.notices] == [
        ("worsened", known.target_id, (message.id,))
    ]


async def test_the_members_of_a_message_whose_sender_died_are_sent_once_more_together(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.handle_batch([lag.fell_behind() for lag in communes("BHXH-CT", 3)])
    [died] = await service.claim()
    service.clock.advance(LEASE)
    assert await service.sender().send_due() == 0
    service.advance(seconds=5)
    await service.sender().send_due()
    [call] = receiver.calls
    assert (call.id, len(call.events)) == (str(died.id), 3)


async def test_workers_that_claim_at_the_same_time_divide_groups_and_repeat_none(service: NotificationsService) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    lags = [lag for name in ("BHXH-CT", "BHXH-BT", "38") for lag in communes(name, 20)]
    await asyncio.gather(*(service.handle_batch([lag.fell_behind() for lag in lags[i::6]]) for i in range(6)))
    taken = await asyncio.gather(*(service.claim(Capacity(1, 100, {})) for _ in range(8)))
    told = [notice.alert.target_id for claimed in taken for message in claimed for notice in message.notices]
    assert Counter(told) == Counter(lag.target_id for lag in lags)
    rows = await service.query("SELECT message_id, count(*) AS n FROM deliveries GROUP BY message_id")
    assert all(row.message_id for row in rows)


async def test_what_does_not_fit_into_a_message_follows_in_further_ones(service: NotificationsService) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    lags = communes("BHXH-CT", 7)
    await service.handle_batch([lag.fell_behind() for lag in lags])
    sizes, told = [], set()
    for _ in range(3):
        [message] = await service.claim(Capacity(20, 4, {}, most_alerts=3))
        sizes.append((len(message.notices), message.more))
        told |= {notice.alert.target_id for notice in message.notices}
        await service.record(message, Sent())
    assert sizes == [(3, 4), (3, 1), (1, 0)]
    assert told == {lag.target_id for lag in lags}


async def test_each_attempt_to_send_a_mail_sends_the_same_whatever_has_become_of_others_meanwhile(
    make_service: MakeService,
) -> None:
    service = await make_service(smtp_url="smtp://127.0.0.1:9")
    await service.put_route("mail", "ops@example.org")
    lags = communes("BHXH-CT", 3)
    await service.handle(lags[0].fell_behind())
    [first] = await service.claim()
    await service.record(first, Refused("SMTP 554"))
    await service.handle_batch([lags[0].worsened(), *(lag.fell_behind() for lag in lags[1:])])
    capacity = Capacity(1, 4, {}, most_alerts=2)
    [tried] = await service.claim(capacity)
    await service.record(tried, Retry("SMTP 451"))
    await service.record(first, Sent())
    service.advance(seconds=5)
    messages = await service.claim(Capacity(20, 4, {}, most_alerts=2))
    [again] = [message for message in messages if message.id == tried.id]
    assert (tried.more, again.attempt) == (1, 2)
    sender = Sender("drive@bhxh.example")
    assert compose_mail(again, sender).content == compose_mail(tried, sender).content


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/hook", "ops@example.org"])
async def test_a_success_that_is_told_after_the_lease_ended_counts_and_nothing_is_sent_again(
    service: NotificationsService, address: str
) -> None:
    await service.put_route("ops", address)
    await service.handle_batch([lag.fell_behind() for lag in communes("BHXH-CT", 2)])
    [late] = await service.claim()
    service.clock.advance(LEASE)
    assert await service.claim() == []
    assert {state for _, state in await states(service)} == {"unconfirmed" if "@" in address else "pending"}
    await service.record(late, Sent())
    service.advance(days=1)
    assert await service.claim() == []
    outcomes = [(row["state"], [each["outcome"] for each in row["attempts"]]) for row in await service.deliveries()]
    assert outcomes == [("sent", ["sent"])] * 2


async def test_sending_again_repeats_the_whole_message_under_its_id(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=410)]
    staying, gone = communes("BHXH-CT", 2)
    await service.handle_batch([staying.fell_behind(), gone.fell_behind()])
    await service.sender().send_due()
    await service.execute("UPDATE routes SET disabled_at = NULL, disabled_reason = NULL")
    one, _ = await service.deliveries(state="failed")
    answer = await service.client.post(f"/v1/deliveries/{one['id']}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    await service.sender().send_due()
    assert [(call.id, len(call.events)) for call in receiver.calls] == [(receiver.calls[0].id, 2)] * 2
    assert {state for _, state in await states(service)} == {"sent"}


async def test_a_person_who_sends_what_waits_for_its_group_sends_the_group_now(
    waiting: NotificationsService, receiver: Receiver
) -> None:
    await connect(waiting, receiver)
    await waiting.handle_batch([lag.fell_behind() for lag in communes("BHXH-CT", 2)])
    [one, _] = await waiting.deliveries()
    await waiting.client.post(f"/v1/deliveries/{one['id']}/retry")
    assert await waiting.sender().send_due() == 1
    assert len(receiver.calls[0].events) == 2


async def test_what_the_version_before_has_queued_and_tried_goes_out_alone_under_its_own_id(
    service: NotificationsService, receiver: Receiver
) -> None:
    """It knows neither groups nor messages, and may run beside this one."""
    await connect(service, receiver)
    await service.handle_batch([lag.fell_behind() for lag in communes("BHXH-CT", 3)])
    queued, tried, died = await service.deliveries()
    await service.execute("UPDATE deliveries SET group_code = NULL")
    await service.execute("UPDATE deliveries SET attempts = 1 WHERE id = :id", id=tried["id"])
    await service.execute(
        "UPDATE deliveries SET attempts = 1, state = 'sending', next_attempt_at = NULL, leased_until = :now"
        " WHERE id = :id",
        id=died["id"],
        now=service.clock.now(),
    )
    await service.sender().send_due()
    service.advance(seconds=5)
    await service.sender().send_due()
    assert {call.id for call in receiver.calls} == {queued["id"], tried["id"], died["id"]}
    assert {state for _, state in await states(service)} == {"sent"}


async def test_a_stored_alert_that_cannot_be_read_does_not_keep_its_message_from_the_others(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.handle_batch([lag.fell_behind() for lag in communes("BHXH-CT", 3)])
    broken, *whole = await service.deliveries()
    [row] = await service.query("SELECT alert FROM deliveries WHERE id = :id", id=broken["id"])
    unreadable = json.dumps(row.alert | {"status": "lost"})
    await service.execute(
        "UPDATE deliveries SET alert = CAST(:alert AS jsonb) WHERE id = :id", alert=unreadable, id=broken["id"]
    )
    await service.sender().send_due()
    [call] = receiver.calls
    assert {event["subject"] for event in call.events} == {each["alert_id"] for each in whole}
    assert [state for _, state in await states(service)] == ["failed", "sent", "sent"]
