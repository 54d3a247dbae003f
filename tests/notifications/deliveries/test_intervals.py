"""After its first message a group that changes is told every so often, and not more."""

from __future__ import annotations

from collections import Counter

import pytest

from notifications.deliveries.claims import Capacity
from notifications.domain.delivery import Retry, Sent
from tests.notifications.service import Episode, MakeService, NotificationsService, a_unit, an_episode

WAIT, INTERVAL = 30, 300
UNITS = ("BHXH-CT", "BHXH-BT", "BHXH-3", "BHXH-4", "BHXH-5")


@pytest.fixture
async def waiting(make_service: MakeService) -> NotificationsService:
    """A service whose groups wait."""
    return await make_service(group_wait_seconds=WAIT, group_interval_seconds=INTERVAL)


def a_lag(insurance_unit: str = "BHXH-CT") -> Episode:
    """A target of a commune of its own, whose insurance unit may be known."""
    return an_episode(path=("38", insurance_unit))


async def test_a_thousand_targets_that_fall_behind_in_one_sweep_make_ten_messages(
    waiting: NotificationsService,
) -> None:
    await waiting.register(*(a_unit(code) for code in UNITS))
    await waiting.put_route("ops", "ops@example.org")
    lags = [a_lag(UNITS[i % len(UNITS)]) for i in range(1000)]
    sent = 0
    for i in range(10):
        await waiting.handle_batch([lag.fell_behind() for lag in lags[i::10]])
        sent += await waiting.sender().send_due()
        waiting.advance(seconds=5)
    assert 0 < sent <= len(UNITS)
    for _ in range(60):
        waiting.advance(seconds=60)
        await waiting.sender().send_due()
    told = await waiting.query("SELECT message_id, alert_id FROM deliveries WHERE state = 'sent'")
    assert len(told) == len({row.alert_id for row in told}) == len(lags)
    assert len({row.message_id for row in told}) <= 2 * len(UNITS)


async def test_what_changes_after_a_groups_message_waits_for_the_interval_a_critical_one_too(
    waiting: NotificationsService,
) -> None:
    await waiting.put_route("ops", "ops@example.org")
    lag = a_lag()
    await waiting.handle(lag.fell_behind())
    waiting.advance(seconds=WAIT)
    assert await waiting.sender().send_due() == 1
    await waiting.handle(lag.worsened(), a_lag().fell_behind())
    waiting.advance(seconds=INTERVAL - 1)
    await waiting.handle(a_lag().fell_behind())
    assert await waiting.sender().send_due() == 0
    waiting.advance(seconds=1)
    assert await waiting.sender().send_due() == 1
    assert Counter(Counter(row["message_id"] for row in await waiting.deliveries()).values()) == {1: 1, 3: 1}


async def test_a_group_that_was_quiet_for_longer_waits_for_others_alone(waiting: NotificationsService) -> None:
    await waiting.put_route("ops", "ops@example.org")
    await waiting.handle(a_lag().fell_behind())
    waiting.advance(seconds=WAIT)
    assert await waiting.sender().send_due() == 1
    waiting.advance(seconds=INTERVAL)
    await waiting.handle(a_lag().fell_behind())
    waiting.advance(seconds=WAIT)
    assert await waiting.sender().send_due() == 1


async def test_another_group_and_another_route_are_not_held_up(waiting: NotificationsService) -> None:
    await waiting.put_route("ops", "ops@example.org")
    await waiting.handle(a_lag().fell_behind())
    waiting.advance(seconds=WAIT)
    assert await waiting.sender().send_due() == 1
    await waiting.put_route("others", "others@example.org", min_severity="critical")
    await waiting.handle(a_lag("BHXH-BT").fell_behind(), a_lag().fell_behind(severity="critical"))
    waiting.advance(seconds=WAIT)
    assert await waiting.sender().send_due() == 2
    due = {row["route_name"] for row in await waiting.deliveries(state="pending")}
    assert due == {"ops"}


async def test_another_attempt_begins_no_interval_and_the_rest_of_a_large_group_follows_at_once(
    waiting: NotificationsService,
) -> None:
    await waiting.put_route("ops", "http://127.0.0.1:9/hook")
    await waiting.handle_batch([a_lag().fell_behind() for _ in range(3)])
    waiting.advance(seconds=WAIT)
    capacity = Capacity(20, 4, {}, most_alerts=2)
    [first] = await waiting.claim(capacity)
    await waiting.record(first, Retry("503"))
    [rest] = await waiting.claim(capacity)
    await waiting.record(rest, Sent())
    begun = await waiting.query("SELECT last_at FROM group_messages")
    waiting.advance(seconds=60)
    [again] = await waiting.claim(capacity)
    await waiting.record(again, Sent())
    assert (again.id, len(first.notices), len(rest.notices)) == (first.id, 2, 1)
    assert await waiting.query("SELECT last_at FROM group_messages") == begun


async def test_what_is_known_of_a_routes_groups_ends_with_the_route(waiting: NotificationsService) -> None:
    await waiting.put_route("ops", "ops@example.org")
    await waiting.handle(a_lag().fell_behind())
    waiting.advance(seconds=WAIT)
    assert await waiting.sender().send_due() == 1
    assert len(await waiting.query("SELECT * FROM group_messages")) == 1
    assert (await waiting.client.delete("/v1/routes/ops")).status_code == 204
    assert await waiting.query("SELECT * FROM group_messages") == []
