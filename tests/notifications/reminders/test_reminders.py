"""Routes are told again of alerts that nobody has resolved."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from typing import Any

import pytest

from notifications.domain.delivery import Retry, Sent
from tests.notifications.deliveries.steps import connect
from tests.notifications.handling.steps import Handled
from tests.notifications.receiver import Receiver
from tests.notifications.reminders.steps import age, clock_looks, remind, reminders, wait
from tests.notifications.service import MakeService, NotificationsService, an_episode
from tests.notifications.silences.steps import silence

MAIL = "ops@example.org"


@pytest.fixture
async def ops(service: NotificationsService) -> NotificationsService:
    """The service with a route for everything, which is reminded each day."""
    await service.put_route("ops", MAIL)
    return service


async def test_a_route_is_told_each_day_of_an_alert_that_nobody_has_resolved(ops: NotificationsService) -> None:
    lag = an_episode()
    await ops.handle(lag.fell_behind())
    assert await wait(ops, 23) == 1
    assert await wait(ops, 1) == 1
    assert await wait(ops, 23) == 0
    assert await wait(ops, 1) == 1
    [delivery] = await ops.deliveries()
    mails = (ops.runtime.settings.data_dir / "outbox").glob("*.eml")
    assert len({message_from_bytes(mail.read_bytes())["Message-ID"] for mail in mails}) == 3
    assert (delivery["change"], delivery["reminders"], len(delivery["attempts"])) == ("raised", 2, 3)
    await ops.handle(lag.recovered())
    assert await wait(ops, 48) == 1
    assert [each["change"] for each in await ops.deliveries()] == ["raised", "resolved"]


async def test_what_came_to_one_route_in_several_messages_is_repeated_in_one(ops: NotificationsService) -> None:
    for _ in range(3):
        await ops.handle(an_episode().fell_behind())
        await ops.sender().send_due()
        ops.advance(hours=3)
    other = an_episode(path=("38", "BHXH-BT", "15127"))
    await ops.handle(other.fell_behind())
    await ops.sender().send_due()
    assert await wait(ops, 24) == 2
    assert await reminders(ops) == [1, 1, 1, 1]
    messages = {row["message_id"] for row in await ops.deliveries()}
    assert len(messages) == 2


async def test_however_many_look_and_send_each_is_told_again_once(ops: NotificationsService) -> None:
    await ops.handle_batch([an_episode().fell_behind() for _ in range(30)])
    await remind(ops)
    ops.advance(hours=24)
    for _ in range(2):
        await asyncio.gather(*(clock_looks(ops) for _ in range(4)))
        await asyncio.gather(*(ops.sender().send_due() for _ in range(4)))
    assert await reminders(ops) == [1] * 30
    rows = await ops.query("SELECT count(*) AS n FROM delivery_attempts GROUP BY delivery_id")
    assert [row.n for row in rows] == [2] * 30


async def test_a_worker_that_dies_with_a_reminder_leaves_it_to_the_next(
    make_service: MakeService, receiver: Receiver
) -> None:
    service = await make_service()
    await connect(service, receiver)
    await service.handle(an_episode().fell_behind())
    await remind(service)
    await age(service, hours=24)
    await clock_looks(service)
    [dead] = await service.claim()
    await clock_looks(service)
    assert await service.claim() == []
    service.advance(seconds=200)
    assert await remind(service) == 0
    service.advance(seconds=5)
    assert await remind(service) == 1
    assert (receiver.calls[-1].id, len(receiver.calls)) == (str(dead.id), 2)
    assert await reminders(service) == [1]


async def test_a_webhook_is_told_by_an_event_of_its_own_in_a_message_of_its_own(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.handle(an_episode().fell_behind())
    for _ in range(3):
        await remind(service)
        await age(service, hours=24)
    assert [call.body["type"] for call in receiver.calls] == ["drive.alert.raised.v1", *["drive.alert.reminded.v1"] * 2]
    assert len({call.id for call in receiver.calls}) == len({call.body["id"] for call in receiver.calls}) == 3
    assert await service.outbox_types() == ["drive.alert.raised.v1"]


async def test_a_reminder_that_fails_is_tried_again_by_its_own_schedule(ops: NotificationsService) -> None:
    await ops.handle(an_episode().fell_behind(), an_episode().fell_behind())
    await remind(ops)
    ops.advance(hours=24)
    await ops.handle(an_episode().fell_behind())
    await clock_looks(ops)
    [message] = await ops.claim()
    assert [notice.change for notice in message.notices].count("reminded") == 2
    await ops.record(message, Retry("451"))
    assert await ops.claim() == []
    ops.advance(seconds=5)
    [again] = await ops.claim()
    assert (again.id, len(again.notices)) == (message.id, 3)
    await ops.record(again, Sent())
    assert await reminders(ops) == [1, 1, 0]


async def test_while_somebody_acts_nobody_is_reminded(ops: NotificationsService) -> None:
    alert = await Handled(ops).begin()
    await remind(ops)
    await alert.do("acknowledgement")
    assert await wait(ops, 20) == 1
    await alert.do("report", **alert.report(alert.remedy(days=3)))
    assert await wait(ops, 72) == 1
    assert await reminders(ops) == [0, 0, 0]


async def test_an_acknowledgement_that_times_out_is_followed_by_reminders(ops: NotificationsService) -> None:
    alert = await Handled(ops).begin()
    await remind(ops)
    alert.wait_until((await alert.do("acknowledgement"))["acknowledged_until"])
    await alert.clock_looks()
    assert await wait(ops, 24) == 2
    assert (await ops.deliveries())[-1]["reminders"] == 1


async def test_a_report_of_which_nothing_is_planned_any_more_does_not_keep_reminders_back(
    ops: NotificationsService,
) -> None:
    alert = await Handled(ops).begin()
    await alert.do("report", **alert.report())
    await remind(ops)
    await alert.do("remedies/1", state="done")
    assert await wait(ops, 24) == 1
    assert (await ops.deliveries())[-1]["reminders"] == 1
    assert (await ops.deliveries())[-1]["alert_version"] == (await alert.shown())["version"]


@pytest.mark.parametrize(
    ("settings", "more", "told"),
    [
        ({"repeat_hours": 0}, {}, 0),
        ({"repeat_hours": 0}, {"repeat": "PT12H"}, 4),
        ({}, {"repeat": "never"}, 0),
        ({}, {"repeat": None}, 2),
        ({"repeat_hours": 16}, {}, 3),
        ({}, {"min_severity": "critical"}, 0),
    ],
)
async def test_a_route_says_how_often_it_is_reminded_else_the_setting_does(
    make_service: MakeService, settings: dict[str, Any], more: dict[str, Any], told: int
) -> None:
    service = await make_service(**settings)
    await service.put_route("ops", MAIL, **more)
    await service.handle(an_episode().fell_behind())
    await remind(service)
    assert await wait(service, 48) == told


async def test_another_interval_holds_for_what_the_route_knows_already(ops: NotificationsService) -> None:
    await ops.handle(an_episode().fell_behind())
    await remind(ops)
    assert (await ops.put_route("ops", MAIL, repeat="never"))["repeat"] == "never"
    assert await wait(ops, 48) == 0
    await ops.put_route("ops", MAIL, repeat="P3D")
    assert await wait(ops, 23) == 0
    assert await wait(ops, 1) == 1


async def test_reminders_wait_for_the_hours_of_the_route(make_service: MakeService) -> None:
    service = await make_service()
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    hours = {"from": "07:30", "to": "17:00", "days": days, "holidays": True}
    await service.put_route("ops", MAIL, hours=hours, repeat="PT6H")
    await service.handle(an_episode().fell_behind())
    await wait(service, 24)
    told = await service.query("SELECT at FROM delivery_attempts ORDER BY at")
    await wait(service, 24)
    told = await service.query("SELECT (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::time::text AS at FROM delivery_attempts")
    assert len(told) > 2
    assert all("07:30" <= row.at < "17:01" for row in told)


async def test_while_it_is_silenced_nobody_is_reminded_and_at_once_when_that_is_over(ops: NotificationsService) -> None:
    await ops.handle(an_episode().fell_behind())
    await remind(ops)
    await silence(ops, hours=30)
    assert await wait(ops, 29) == 0
    assert await wait(ops, 1) == 1


async def test_a_change_takes_the_place_of_a_reminder_that_waits(ops: NotificationsService) -> None:
    lag = an_episode()
    await ops.handle(lag.fell_behind())
    await remind(ops)
    ops.advance(hours=24)
    await clock_looks(ops)
    await ops.handle(lag.worsened())
    assert await ops.sender().send_due() == 1
    first, second = await ops.deliveries()
    assert (first["state"], second["state"], second["change"]) == ("superseded", "sent", "worsened")
    await ops.handle(lag.recovered())
    assert await ops.sender().send_due() == 1


async def escalate_to_chief(ops: NotificationsService) -> None:
    """A step of a chain tells a route that is for such steps alone."""
    await ops.put_route("chief", "chief@example.org", min_level=100)
    chain = {"under": "38", "steps": [{"after": "PT1H", "routes": ["chief"]}]}
    assert (await ops.client.put("/v1/escalations/province", json=chain)).status_code == 201
    alert = await Handled(ops).begin()
    ops.advance(hours=1)
    await alert.clock_looks()
    await remind(ops)


async def test_an_escalation_route_is_reminded_too(ops: NotificationsService) -> None:
    await escalate_to_chief(ops)
    await wait(ops, 24)
    assert await reminders(ops, "chief") == [1]


async def test_a_route_is_not_reminded_of_what_a_step_told_a_removed_one_of_its_name(
    ops: NotificationsService,
) -> None:
    await escalate_to_chief(ops)
    for path in ("escalations/province", "routes/chief"):
        assert (await ops.client.delete(f"/v1/{path}")).status_code == 204
    ops.advance(seconds=1)
    await ops.put_route("chief", "other@example.org", min_level=100)
    await wait(ops, 24)
    assert await reminders(ops, "chief") == [0]


@pytest.mark.parametrize("repeat", ["P0D", "PT1M", "P61D", "P1Y", "daily", 24])
async def test_an_interval_that_cannot_be_meant_is_refused(service: NotificationsService, repeat: Any) -> None:
    body = {"channel": "mail", "address": MAIL, "repeat": repeat}
    answer = await service.client.put("/v1/routes/ops", json=body)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/repeat")
