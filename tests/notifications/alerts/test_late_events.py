"""Events of an episode that come once a later one has begun: out of a dead letter, or a queue that was restored."""

from __future__ import annotations

import itertools

import pytest

from services.contracts.pace import PaceEvent
from tests.notifications.service import Episode, NotificationsService, an_episode


def episodes_of_one_target(*numbers: int) -> list[Episode]:
    """One lag after the other."""
    first = an_episode()
    return [Episode(first.target_id, number=number) for number in numbers]


async def test_an_episode_that_was_over_before_its_event_came_is_kept_and_nobody_is_told(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "ops@example.org")
    first, second = episodes_of_one_target(1, 2)
    await service.handle(second.fell_behind(3), first.fell_behind(1))
    late, present = await service.alerts()
    assert (late["episode"], late["status"], present["status"]) == (1, "resolved", "open")
    assert [(each["alert_id"], each["change"]) for each in await service.deliveries()] == [(present["id"], "raised")]
    assert await service.outbox_types() == ["drive.alert.raised.v1", "drive.alert.resolved.v1"]


@pytest.mark.parametrize("ended", [False, True])
async def test_alerts_of_one_target_name_the_one_before_whatever_came_first(
    service: NotificationsService, ended: bool
) -> None:
    first, second, third = episodes_of_one_target(1, 2, 3)
    last: list[PaceEvent] = [third.fell_behind(5), *([third.recovered(6)] if ended else [])]
    await service.handle(first.fell_behind(1), *last, second.fell_behind(3))
    alerts = {alert["episode"]: alert for alert in await service.alerts()}
    assert [alerts[n]["previous_id"] for n in (1, 2, 3)] == [None, alerts[1]["id"], alerts[2]["id"]]
    assert [alerts[n]["status"] for n in (1, 2, 3)] == ["resolved", "resolved", "resolved" if ended else "open"]


async def test_whatever_the_order_of_two_episodes_one_alert_is_open_in_the_end(service: NotificationsService) -> None:
    for order in itertools.permutations(range(4)):
        first, second = episodes_of_one_target(1, 2)
        events: list[PaceEvent] = [first.fell_behind(1), first.recovered(2), second.fell_behind(3), second.worsened(4)]
        await service.handle(*(events[place] for place in order), *events)
        later, earlier = sorted(
            await service.alerts(target_id=str(first.target_id)), key=lambda alert: alert["episode"], reverse=True
        )
        assert [(each["status"], each["severity"]) for each in (earlier, later)] == [
            ("resolved", "warning"),
            ("open", "critical"),
        ], order
        assert (earlier["previous_id"], later["previous_id"]) == (None, earlier["id"]), order


async def test_a_lag_that_a_restored_source_numbers_anew_is_raised(service: NotificationsService) -> None:
    """It knows of one episode, and here are three: yet it lags now."""
    third, again = episodes_of_one_target(3, 2)
    await service.handle(third.fell_behind(5), third.recovered(6))
    again.begins = third.begins.replace(year=third.begins.year + 1)
    await service.handle(again.fell_behind(2))
    found = {alert["episode"]: (alert["status"], alert["previous_id"]) for alert in await service.alerts()}
    assert found == {2: ("open", None), 3: ("resolved", None)}
