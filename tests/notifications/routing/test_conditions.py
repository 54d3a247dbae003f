"""A route is notified of the alerts for which its conditions hold, in its hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.domain.delivery import Retry, Sent
from notifications.domain.hours import WEEKDAYS
from services.vocabulary import Scope
from tests.notifications.service import Episode, NotificationsService, an_episode

MAIL = "ops@example.org"
SATURDAY_NIGHT = datetime(2031, 3, 1, 15, tzinfo=UTC)
"""22:00 in Vietnam."""
FRIDAY_EVENING = datetime(2031, 2, 28, 9, 59, 55, tzinfo=UTC)
"""A few seconds before 17:00."""
DAY = timedelta(days=1)
MONDAY_MORNING = datetime(2031, 3, 3, 0, 30, tzinfo=UTC)
OFFICE = {"from": "07:30", "to": "17:00"}


def of_a_collector() -> Episode:
    """Of a collector of an office below BD-38, who works in a commune."""
    scope = Scope(unit_code="15142", collector_code="CT-07")
    return an_episode(scope=scope, organisations=("BD-CAM-THUY", "BD-38"))


async def notified(service: NotificationsService) -> list[str]:
    """The routes that have a delivery, by name."""
    return sorted(each["route_name"] for each in await service.deliveries())


async def states(service: NotificationsService) -> list[str]:
    """The states of all deliveries, the oldest first; years ahead no token is good any more."""
    return [row.state for row in await service.query("SELECT state FROM deliveries ORDER BY id")]


def at(service: NotificationsService, now: datetime) -> None:
    """Let it be that time."""
    service.clock.advance(now - service.clock.now())


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"organisation_code": "BD-38"}, True),
        ({"organisation_code": "BD-CAM-THUY", "under": "38"}, True),
        ({"organisation_code": "BD-OTHER"}, False),
        ({"collector_code": "CT-07"}, True),
        ({"collector_code": "CT-08"}, False),
        ({"scheme": "household_health"}, True),
        ({"scheme": "voluntary_social"}, False),
        ({"min_level": 1}, False),
    ],
)
async def test_a_route_is_notified_where_its_conditions_hold(
    service: NotificationsService, conditions: dict[str, Any], holds: bool
) -> None:
    put = await service.put_route("ops", MAIL, **conditions)
    assert put.items() >= conditions.items()
    await service.handle(of_a_collector().fell_behind())
    assert await notified(service) == (["ops"] if holds else [])


async def test_a_unit_without_a_route_of_its_own_is_told_of_through_every_route_above_it(
    service: NotificationsService,
) -> None:
    for name, under in (("province", "38"), ("office", "BHXH-CT"), ("commune", "15142"), ("other", "15127")):
        await service.put_route(name, MAIL, under=under)
    await service.handle(an_episode().fell_behind())
    assert await notified(service) == ["commune", "office", "province"]


async def test_a_put_without_conditions_takes_them_away(service: NotificationsService) -> None:
    await service.put_route(
        "ops", MAIL, organisation_code="A", collector_code="B", scheme="voluntary_social", min_level=3, hours=OFFICE
    )
    put = await service.put_route("ops", MAIL)
    names = ("organisation_code", "collector_code", "scheme", "min_level", "hours")
    assert [put[name] for name in names] == [None, None, None, 0, None]
    assert (await service.query("SELECT hours IS NULL AS is_null FROM routes"))[0].is_null


async def test_what_is_due_outside_of_the_hours_waits_until_they_begin(service: NotificationsService) -> None:
    await service.put_route("office", MAIL, hours=OFFICE)
    await service.put_route("always", MAIL)
    at(service, SATURDAY_NIGHT)
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    by_route = await service.query("SELECT route_name, state, next_attempt_at FROM deliveries ORDER BY route_name")
    assert list(map(tuple, by_route)) == [("always", "sent", None), ("office", "pending", MONDAY_MORNING)]
    at(service, MONDAY_MORNING)
    await service.sender().send_due()
    assert await states(service) == ["sent", "sent"]


async def test_critical_alerts_do_not_wait_where_the_route_says_so(service: NotificationsService) -> None:
    await service.put_route("ops", MAIL, hours=OFFICE | {"critical": "always"})
    at(service, SATURDAY_NIGHT)
    lag = an_episode()
    await service.handle(lag.fell_behind())
    await service.sender().send_due()
    assert await states(service) == ["pending"]
    await service.handle(lag.worsened())
    await service.sender().send_due()
    assert await states(service) == ["superseded", "sent"]


async def test_an_alert_that_is_resolved_while_its_delivery_waits_for_the_hours_is_not_told(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", MAIL, hours=OFFICE)
    at(service, SATURDAY_NIGHT)
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.recovered())
    at(service, MONDAY_MORNING)
    await service.sender().send_due()
    assert await states(service) == ["superseded", "superseded"]


async def test_another_attempt_waits_for_the_hours_too(service: NotificationsService) -> None:
    await service.put_route("ops", MAIL, hours=OFFICE)
    at(service, FRIDAY_EVENING)
    await service.handle(an_episode().fell_behind())
    [message] = await service.claim()
    service.advance(seconds=9)
    await service.record(message, Retry("451"))
    at(service, MONDAY_MORNING - timedelta(seconds=1))
    assert await service.claim() == []
    at(service, MONDAY_MORNING)
    [again] = await service.claim()
    assert (again.id, again.attempt) == (message.id, 2)


async def test_what_a_receiver_that_answers_again_has_kept_waiting_waits_for_the_hours(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", MAIL, hours=OFFICE | {"critical": "always"})
    at(service, FRIDAY_EVENING)
    await service.handle(an_episode(path=("38", "BHXH-BT")).fell_behind())
    [message] = await service.claim()
    await service.record(message, Retry("451", after=timedelta(hours=10)))
    at(service, SATURDAY_NIGHT)
    await service.handle(an_episode().fell_behind(severity="critical"))
    [grave] = await service.claim()
    await service.record(grave, Retry("451"))
    service.advance(seconds=5)
    [grave] = await service.claim()
    await service.record(grave, Sent())
    assert (await service.claim(), grave.attempt) == ([], 2)
    at(service, MONDAY_MORNING)
    assert [again.id for again in await service.claim()] == [message.id]


async def test_what_is_sent_again_on_request_says_that_it_waits_for_the_hours(service: NotificationsService) -> None:
    hours = {"from": "00:00", "to": "24:00", "days": [WEEKDAYS[(service.clock.today() + DAY).weekday()]]}
    await service.put_route("ops", MAIL, hours=hours)
    await service.handle(an_episode().fell_behind())
    [delivery] = await service.deliveries()
    answer = await service.client.post(f"/v1/deliveries/{delivery['id']}/retry")
    assert answer.json()["next_attempt_at"] == delivery["next_attempt_at"]
    assert await service.claim() == []


async def test_hours_are_shown_in_full(service: NotificationsService) -> None:
    put = await service.put_route("ops", MAIL, hours=OFFICE | {"days": ["sat"]})
    whole = OFFICE | {"days": ["sat"], "holidays": False, "critical": "hours"}
    assert put["hours"] == whole
    assert (await service.client.get("/v1/routes")).json()["items"][0]["hours"] == whole


@pytest.mark.parametrize(
    ("hours", "pointer", "remedy"),
    [
        ({"from": "07:30"}, "/hours/to", "required"),
        (OFFICE | {"from": "7:30"}, "/hours/from", "such as 07:30"),
        (OFFICE | {"from": "24:00"}, "/hours/from", "such as 07:30"),
        (OFFICE | {"to": "24:01"}, "/hours/to", "24:00"),
        (OFFICE | {"to": "07:30"}, "/hours", "later than `from`"),
        ({"from": "22:00", "to": "06:00"}, "/hours", "two routes"),
        (OFFICE | {"days": []}, "/hours/days", "1 at least"),
        (OFFICE | {"days": ["monday"]}, "/hours/days/0", "mon"),
        (OFFICE | {"critical": "never"}, "/hours/critical", "always"),
        (OFFICE | {"begins": "08:00"}, "/hours/begins", ""),
    ],
)
async def test_bad_hours_are_refused_with_the_field_and_the_remedy(
    service: NotificationsService, hours: dict[str, Any], pointer: str, remedy: str
) -> None:
    answer = await service.client.put("/v1/routes/ops", json={"channel": "mail", "address": MAIL, "hours": hours})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, pointer)
    assert remedy in error["detail"]
