"""A route that is put hears of the alerts that are unresolved."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from notifications.alerts.consumers import pace_handlers
from notifications.domain.hours import WEEKDAYS
from notifications.messages.alert_change import AlertChange
from notifications.messages.alert_snapshot import AlertSnapshot, ReportedAlert
from notifications.recipients.usecases import put_route
from notifications.routing.secrets import RouteSecrets
from notifications.routing.usecases import PutRoute
from notifications.tables.locks import ROUTES
from services.clock import BUSINESS_ZONE
from services.contracts.pace import PaceFellBehind
from services.persistence.locks import take
from services.vocabulary import Scope
from tests.notifications.deliveries.steps import connect, states
from tests.notifications.handling.steps import Handled
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, NotificationsService, alone, an_episode
from tests.support.waiting import eventually, soon

MAIL = "ops@example.org"


async def acknowledge(service: NotificationsService, alert: dict[str, Any]) -> None:
    """Acknowledge the alert at its version."""
    path = f"/v1/alerts/{alert['id']}/acknowledgement"
    answer = await service.client.post(path, json={"version": alert["version"]})
    assert answer.status_code == 200, answer.text


async def test_a_route_put_after_an_alert_was_raised_is_told_of_it_once(
    service: NotificationsService, receiver: Receiver
) -> None:
    await service.handle(an_episode().fell_behind())
    await connect(service, receiver)
    await service.sender().send_due()
    await service.put_route("ops", receiver.url)
    assert await service.sender().send_due() == 0
    [call] = receiver.calls
    [alert] = await service.alerts()
    assert (call.body["type"], call.body["data"]["alert_id"]) == ("drive.alert.raised.v1", alert["id"])
    assert await states(service) == [("raised", "sent")]


async def test_it_hears_of_the_end_of_what_it_was_told_late(service: NotificationsService) -> None:
    lag = an_episode()
    await service.handle(lag.fell_behind())
    await service.put_route("ops", MAIL)
    await service.sender().send_due()
    await service.handle(lag.recovered())
    await service.sender().send_due()
    assert await states(service) == [("raised", "sent"), ("resolved", "sent")]


async def test_it_is_told_of_nothing_that_is_resolved_or_that_it_does_not_match(service: NotificationsService) -> None:
    over, here, there = an_episode(), an_episode(), an_episode(path=("38", "BHXH-BT", "15127"))
    await service.handle(over.fell_behind(), over.recovered(), here.fell_behind(), there.fell_behind())
    await service.put_route("ops", MAIL, under="BHXH-CT")
    [delivery] = await service.deliveries()
    assert [alert["target_id"] for alert in await service.alerts() if alert["id"] == delivery["alert_id"]] == [
        str(here.target_id)
    ]


async def test_a_route_that_matches_more_is_told_of_what_it_was_not_told(service: NotificationsService) -> None:
    await service.put_route("ops", MAIL, under="15142", min_severity="critical")
    lags = [an_episode(), an_episode(path=("38", "BHXH-BT", "15127"))]
    await service.handle(lags[0].fell_behind(severity="critical"), lags[1].fell_behind())
    assert len(await service.deliveries()) == 1
    await service.put_route("ops", MAIL)
    assert len({each["alert_id"] for each in await service.deliveries()}) == 2
    assert len(await service.deliveries()) == 2


async def test_an_alert_that_somebody_acts_on_is_told_as_acknowledged(
    service: NotificationsService, receiver: Receiver
) -> None:
    await service.handle(an_episode().fell_behind())
    await acknowledge(service, (await service.alerts())[0])
    await connect(service, receiver)
    await service.sender().send_due()
    [call] = receiver.calls
    assert call.body["type"] == "drive.alert.acknowledged.v1"
    assert call.body["data"]["acknowledged_by"] == {"subject": "OPS", "organisation_code": "OPS"}


async def test_a_route_that_is_enabled_again_is_told_of_what_it_missed(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    receiver.answers = [web.Response(status=410)]
    await service.handle(alone().fell_behind())
    await service.sender().send_due()
    await service.handle(alone().fell_behind())
    assert await states(service) == [("raised", "failed")]
    await service.put_route("ops", receiver.url)
    await service.sender().send_due()
    assert await states(service) == [("raised", "sent"), ("raised", "sent")]
    assert len({call.body["data"]["alert_id"] for call in receiver.calls}) == 2


async def test_what_had_failed_is_tried_by_the_whole_schedule_after_the_route_is_put(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    await service.handle(alone().fell_behind())
    await service.execute("UPDATE deliveries SET state = 'failed', attempts = 18, next_attempt_at = NULL")
    await service.put_route("ops", "http://127.0.0.1:9/other")
    await service.sender().send_due()
    assert await states(service) == [("raised", "pending")]


async def test_a_route_that_was_removed_and_is_made_again_is_told_of_what_is_unresolved(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    told, waits = alone(), alone()
    await service.handle(told.fell_behind())
    await service.sender().send_due()
    await service.handle(waits.fell_behind())
    assert (await service.client.delete("/v1/routes/ops")).status_code == 204
    service.advance(seconds=1)
    await connect(service, receiver)
    await service.sender().send_due()
    assert {call.body["data"]["target_id"] for call in receiver.calls[1:]} == {
        str(told.target_id),
        str(waits.target_id),
    }
    assert await states(service) == [("raised", "sent")] * 2


async def test_what_waited_for_a_route_that_is_removed_does_not_go_to_another_of_its_name(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.handle(an_episode().fell_behind())
    assert (await service.client.delete("/v1/routes/ops")).status_code == 204
    await connect(service, receiver, under="BHXH-BT")
    await service.sender().send_due()
    assert receiver.calls == []
    assert await states(service) == [("raised", "failed")]


async def test_what_a_removed_route_was_told_makes_another_of_its_name_hear_of_no_more(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "ct@example.org", under="BHXH-CT")
    alert = await Handled(service).begin()
    await service.sender().send_due()
    assert (await service.client.delete("/v1/routes/ops")).status_code == 204
    service.advance(seconds=1)
    await service.put_route("ops", "bt@example.org", under="BHXH-BT")
    await alert.do("acknowledgement")
    await service.handle(alert.lag.recovered())
    await service.sender().send_due()
    assert await states(service) == [("raised", "sent")]


async def test_many_unresolved_alerts_are_few_messages(make_service: MakeService, receiver: Receiver) -> None:
    service = await make_service(group_wait_seconds=30)
    lags = [an_episode(path=("38", unit, f"{unit}-{i}")) for unit in ("BHXH-CT", "BHXH-BT") for i in range(60)]
    await service.handle_batch([lag.fell_behind() for lag in lags])
    await connect(service, receiver)
    assert await service.sender().send_due() == 0
    service.advance(seconds=30)
    await service.sender().send_due()
    assert sorted(len(call.events) for call in receiver.calls) == [60, 60]


async def test_the_stored_alert_is_that_of_a_change(service: NotificationsService) -> None:
    scope = Scope(unit_code="15142", collector_code="CT-07")
    await service.handle(an_episode(scope=scope, organisations=("BD", "BD-38"), name="Q4").fell_behind())
    await acknowledge(service, (await service.alerts())[0])
    await service.execute("UPDATE alerts SET acknowledged_subject = 'hoa.le', acknowledged_name = 'Lê Hoa'")
    await service.handle(alone().fell_behind(severity="critical"))
    await service.put_route("ops", MAIL)
    for alert in await service.alerts():
        snapshot = AlertSnapshot.model_validate((await service.client.get(f"/v1/alerts/{alert['id']}")).json())
        [row] = await service.query("SELECT alert FROM deliveries WHERE alert_id = :id", id=alert["id"])
        found = ReportedAlert.model_validate(row.alert)
        at = snapshot.acknowledged_at or snapshot.raised_at
        assert found == AlertChange(snapshot, "raised", "", at, found.correlation_id or "").reported()
        assert ReportedAlert.model_validate(found.stored()) == found


async def waiting_for_routes(service: NotificationsService) -> bool:
    """Whether somebody waits for the lock."""
    [row] = await service.query(
        "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = :key"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        key=ROUTES.key,
    )
    return bool(row.n)


async def test_an_alert_that_is_raised_while_the_route_is_put_is_told_once(service: NotificationsService) -> None:
    event = an_episode().fell_behind()
    async with service.runtime.database.write() as work:
        await pace_handlers(service.runtime.settings.terms, lambda: None)[PaceFellBehind](
            work, service.context(), [event]
        )
        putting = asyncio.create_task(service.put_route("ops", MAIL))
        await eventually(lambda: waiting_for_routes(service), True)
    await soon(putting)
    assert await states(service) == [("raised", "pending")]


async def test_a_route_is_put_while_an_alert_is_acknowledged_and_is_told_of_both(service: NotificationsService) -> None:
    await service.handle(an_episode().fell_behind())
    [alert] = await service.alerts()
    async with service.runtime.database.write() as work:
        await take(work, ROUTES)
        acknowledging = asyncio.create_task(acknowledge(service, alert))
        await eventually(lambda: waiting_for_routes(service), True)
        put = PutRoute("ops", None, "warning", "mail", MAIL)
        secrets: RouteSecrets = service.app.state.route_secrets
        await put_route(work, service.context(), put, secrets, group_wait=timedelta(), carries_digests=True)
    await soon(acknowledging)
    assert [change for change, _ in await states(service)] == ["raised", "acknowledged"]


async def test_other_hours_hold_for_what_waits_already(service: NotificationsService) -> None:
    another_day = service.clock.now().astimezone(BUSINESS_ZONE) + timedelta(days=3)
    hours = {"from": "00:00", "to": "24:00", "days": [WEEKDAYS[another_day.weekday()]], "holidays": True}
    await service.put_route("ops", MAIL, hours=hours)
    await service.handle(alone().fell_behind(), alone().fell_behind(severity="critical"))
    assert await service.sender().send_due() == 0
    await service.put_route("ops", MAIL, hours=hours | {"critical": "always"})
    assert await service.sender().send_due() == 1
    await service.put_route("ops", MAIL)
    assert await service.sender().send_due() == 1


async def test_what_is_about_to_be_sent_waits_for_hours_that_are_put_meanwhile(make_service: MakeService) -> None:
    service = await make_service(group_wait_seconds=30)
    another_day = service.clock.now().astimezone(BUSINESS_ZONE) + timedelta(days=3)
    await service.put_route("ops", MAIL)
    await service.handle(alone().fell_behind())
    await service.put_route(
        "ops", MAIL, hours={"from": "00:00", "to": "24:00", "days": [WEEKDAYS[another_day.weekday()]]}
    )
    service.advance(seconds=31)
    assert await service.sender().send_due() == 0
