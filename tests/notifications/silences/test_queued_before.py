"""What was queued before a silence or an inhibition began is held, and told by the same rules as what follows."""

from __future__ import annotations

import asyncio

import pytest

from notifications.domain.delivery import Retry
from tests.notifications.deliveries.steps import states
from tests.notifications.handling.steps import Handled
from tests.notifications.reminders.steps import clock_looks as clock_reminds
from tests.notifications.reminders.steps import remind
from tests.notifications.service import Episode, NotificationsService, an_episode
from tests.notifications.silences.steps import clock_looks, silence, told

MAIL = "ops@example.org"


@pytest.fixture
async def ops(service: NotificationsService) -> NotificationsService:
    """The service with a route for everything."""
    await service.put_route("ops", MAIL)
    return service


def elsewhere() -> Episode:
    """A lag of another unit, in the same group."""
    return an_episode(path=("38", "BHXH-CT", "15127"))


async def sent(service: NotificationsService, route: str = "ops") -> list[str]:
    """What a route was sent, oldest first."""
    rows = await service.deliveries(state="sent")
    return [row["change"] for row in rows if row["route_name"] == route]


async def test_what_waits_for_its_first_attempt_is_told_once_the_silence_is_over(ops: NotificationsService) -> None:
    await ops.handle(an_episode().fell_behind())
    await silence(ops)
    assert await ops.sender().send_due() == 0
    await clock_looks(ops)
    ops.advance(hours=2)
    await clock_looks(ops)
    assert await ops.sender().send_due() == 1
    assert await states(ops) == [("raised", "sent")]


async def test_of_a_group_what_is_not_silenced_goes_out(ops: NotificationsService) -> None:
    silenced, other = an_episode(), elsewhere()
    await ops.handle(silenced.fell_behind(), other.fell_behind())
    await silence(ops, under="15142")
    [message] = await ops.claim()
    assert [notice.alert.path[-1] for notice in message.notices] == ["15127"]


async def test_another_attempt_is_held_too_and_what_follows_is_another_message(ops: NotificationsService) -> None:
    await ops.handle(an_episode().fell_behind())
    [message] = await ops.claim()
    await ops.record(message, Retry("451"))
    await silence(ops)
    ops.advance(minutes=1)
    assert await ops.claim() == []
    ops.advance(hours=2)
    await clock_looks(ops)
    [after] = await ops.claim()
    assert ([notice.change for notice in after.notices], after.id == message.id) == (["raised"], False)


async def test_the_end_of_an_alert_that_nobody_was_told_of_is_not_told(ops: NotificationsService) -> None:
    lag = an_episode()
    await ops.handle(lag.fell_behind())
    await silence(ops)
    assert await ops.sender().send_due() == 0
    await ops.handle(lag.recovered())
    ops.advance(hours=2)
    await clock_looks(ops)
    assert (await ops.sender().send_due(), await sent(ops)) == (0, [])


async def test_the_end_of_an_alert_that_was_told_is_told_though_a_change_of_it_is_held(
    ops: NotificationsService,
) -> None:
    lag = an_episode()
    await ops.handle(lag.fell_behind())
    await ops.sender().send_due()
    await ops.handle(lag.worsened())
    await silence(ops)
    assert await ops.sender().send_due() == 0
    await ops.handle(lag.recovered())
    assert (await ops.sender().send_due(), await sent(ops)) == (1, ["raised", "resolved"])


async def test_a_change_that_was_held_is_told_to_the_routes_that_knew_of_the_alert(ops: NotificationsService) -> None:
    lag = an_episode()
    await ops.handle(lag.fell_behind())
    await ops.sender().send_due()
    await ops.handle(lag.worsened())
    await silence(ops)
    assert await ops.sender().send_due() == 0
    assert (await ops.client.delete("/v1/silences/storm")).status_code == 200
    await clock_looks(ops)
    assert (await ops.sender().send_due(), await sent(ops)) == (1, ["raised", "worsened"])


async def test_a_route_that_was_told_hears_nothing_twice_where_another_was_held(ops: NotificationsService) -> None:
    await ops.handle(an_episode().fell_behind())
    await ops.sender().send_due()
    await ops.put_route("late", "late@example.org")
    await silence(ops)
    assert await ops.sender().send_due() == 0
    ops.advance(hours=2)
    await clock_looks(ops)
    assert (await ops.sender().send_due(), await sent(ops), await sent(ops, "late")) == (1, ["raised"], ["raised"])


async def test_what_is_acknowledged_meanwhile_is_told_as_it_stands(ops: NotificationsService) -> None:
    alert = await Handled(ops).begin()
    await silence(ops)
    assert await ops.sender().send_due() == 0
    await alert.do("acknowledgement")
    ops.advance(hours=2)
    await clock_looks(ops)
    assert (await ops.sender().send_due(), await sent(ops)) == (1, ["acknowledged"])


async def test_a_silence_that_begins_later_holds_what_is_queued_by_then(ops: NotificationsService) -> None:
    await silence(ops, begins=1, hours=2)
    await ops.handle(an_episode().fell_behind())
    ops.advance(hours=1)
    assert await ops.sender().send_due() == 0
    ops.advance(hours=2)
    await clock_looks(ops)
    assert await ops.sender().send_due() == 1


async def test_what_was_queued_of_a_unit_before_the_one_above_it_lagged_is_held(ops: NotificationsService) -> None:
    assert (await ops.client.put("/v1/inhibitions/thanh-hoa", json={"under": "38"})).status_code == 201
    child, parent = an_episode(), an_episode(path=("38", "BHXH-CT"))
    await ops.handle(child.fell_behind(), parent.fell_behind())
    [message] = await ops.claim()
    assert [notice.alert.path[-1] for notice in message.notices] == ["BHXH-CT"]


async def test_the_route_that_a_step_has_named_hears_of_it_afterwards(ops: NotificationsService) -> None:
    await ops.put_route("chief", "chief@example.org", min_level=100)
    chain = {"under": "38", "steps": [{"after": "PT1H", "routes": ["chief"]}]}
    assert (await ops.client.put("/v1/escalations/province", json=chain)).status_code == 201
    alert = await Handled(ops).begin()
    await ops.sender().send_due()
    ops.advance(hours=1)
    await alert.clock_looks()
    await silence(ops)
    assert await ops.sender().send_due() == 0
    ops.advance(hours=2)
    await clock_looks(ops)
    assert (await ops.sender().send_due(), await sent(ops, "chief"), await sent(ops)) == (1, ["escalated"], ["raised"])


async def test_a_reminder_that_is_held_leaves_the_route_told_and_comes_afterwards(ops: NotificationsService) -> None:
    await ops.handle(an_episode().fell_behind())
    await remind(ops)
    ops.advance(hours=24)
    await silence(ops, begins=0.001, hours=2)
    await clock_reminds(ops)
    assert await states(ops) == [("raised", "pending")]
    ops.advance(minutes=1)
    assert (await ops.sender().send_due(), await states(ops)) == (0, [("raised", "sent")])
    ops.advance(hours=3)
    assert await remind(ops) == 1
    assert await told(ops) == ["raised"]


async def test_however_many_senders_hold_it_is_told_once_afterwards(ops: NotificationsService) -> None:
    await ops.handle_batch([an_episode().fell_behind() for _ in range(20)])
    await silence(ops)
    assert sum(await asyncio.gather(*(ops.sender().send_due() for _ in range(5)))) == 0
    ops.advance(hours=2)
    await asyncio.gather(*(clock_looks(ops) for _ in range(3)))
    await asyncio.gather(*(ops.sender().send_due() for _ in range(5)))
    assert await states(ops) == [("raised", "sent")] * 20
    rows = await ops.query("SELECT count(*) AS n FROM delivery_attempts GROUP BY delivery_id")
    assert [row.n for row in rows] == [1] * 20
