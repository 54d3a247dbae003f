"""Who acknowledged an alert: shown, and reported to those who heard of the alert."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest
import structlog

from notifications.domain.delivery import Sent
from tests.conftest import ClientFor
from tests.notifications.deliveries.steps import connect, states
from tests.notifications.receiver import Receiver
from tests.notifications.service import MakeService, NotificationsService, an_episode
from tests.support.smtp import a_scripted_server

HOA = {"subject": "hoa.le", "name": "Lê Thị Hoa", "organisation_code": "BHXH-38"}


@pytest.fixture
async def hoa(service: NotificationsService, client_for: ClientFor) -> httpx.AsyncClient:
    """A person of the agency."""
    return await a_person(service, client_for)


async def a_person(service: NotificationsService, client_for: ClientFor) -> httpx.AsyncClient:
    """Whose token says who she is."""
    token = service.runtime.tokens.issue(
        "BHXH-38",
        frozenset({"alerts:read", "alerts:write"}),
        service.clock.now(),
        timedelta(days=1),
        subject="hoa.le",
        name="Lê Thị Hoa",
    )
    return await client_for(service.app, token)


async def acknowledge(service: NotificationsService, person: httpx.AsyncClient) -> httpx.Response:
    """Of the only alert."""
    [alert] = await service.alerts()
    return await person.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": alert["version"]})


async def test_an_alert_shows_which_person_of_which_organisation_acts(
    service: NotificationsService, hoa: httpx.AsyncClient
) -> None:
    await service.handle(an_episode().fell_behind())
    answer = await acknowledge(service, hoa)
    assert answer.json()["acknowledged_by"] == HOA
    [alert] = await service.alerts()
    assert alert == answer.json()
    again = await hoa.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": 2})
    assert "by Lê Thị Hoa of BHXH-38 at" in again.json()["detail"]


async def test_an_acknowledgement_of_the_version_before_is_shown_as_that_of_its_organisation(
    service: NotificationsService,
) -> None:
    await service.handle(an_episode().fell_behind())
    await service.execute("UPDATE alerts SET status = 'acknowledged', acknowledged_at = now(), acknowledged_by = 'OPS'")
    [alert] = await service.alerts()
    assert alert["acknowledged_by"] == {"subject": "OPS", "name": None, "organisation_code": "OPS"}


async def test_an_acknowledgement_is_reported_to_the_routes_that_heard_of_the_alert_and_to_no_others(
    service: NotificationsService, receiver: Receiver, hoa: httpx.AsyncClient
) -> None:
    await connect(service, receiver)
    await service.put_route("elsewhere", "else@example.org", under="15127")
    await service.put_route("gravest", "gravest@example.org", min_severity="critical")
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    await acknowledge(service, hoa)
    await service.sender().send_due()
    assert {delivery["route_name"] for delivery in await service.deliveries()} == {"ops"}
    assert await states(service) == [("raised", "sent"), ("acknowledged", "sent")]
    assert receiver.calls[1].body["type"] == "drive.alert.acknowledged.v1"


async def test_events_and_logs_of_an_acknowledgement_have_the_id_of_the_person_at_most_and_not_the_name(
    service: NotificationsService, receiver: Receiver, hoa: httpx.AsyncClient
) -> None:
    await connect(service, receiver)
    lag = an_episode()
    await service.handle(lag.fell_behind())
    with structlog.testing.capture_logs() as logs:
        await acknowledge(service, hoa)
        await service.sender().send_due()
    await service.handle(lag.recovered())
    await service.sender().send_due()
    published = [json.loads(row.body) for row in await service.query("SELECT body FROM outbox ORDER BY seq")]
    assert [event["data"].get("acknowledged_by") for event in published] == [
        None,
        *[{"subject": "hoa.le", "organisation_code": "BHXH-38"}] * 2,
    ]
    assert [call.body for call in receiver.calls] == published[1:]
    assert "Hoa" not in f"{published} {logs}"


async def test_a_mail_names_who_acts(make_service: MakeService, client_for: ClientFor) -> None:
    async with a_scripted_server({}) as server:
        service = await make_service(smtp_url=f"smtp://127.0.0.1:{server.port}")
        await service.put_route("ops", "ops@example.org", language="en")
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        await acknowledge(service, await a_person(service, client_for))
        await service.sender().send_due()
    assert len(server.texts) == 2
    [row] = await service.query("SELECT alert FROM deliveries WHERE change = 'acknowledged'")
    assert (row.alert["acknowledged_by"], row.alert["acknowledger"]) == ("BHXH-38", HOA)


async def test_an_acknowledgement_within_the_wait_is_what_the_route_hears_first(
    make_service: MakeService, client_for: ClientFor
) -> None:
    service = await make_service(group_wait_seconds=30)
    await service.put_route("ops", "http://127.0.0.1:9/hook")
    await service.handle(an_episode().fell_behind())
    await acknowledge(service, await a_person(service, client_for))
    service.advance(seconds=30)
    [message] = await service.claim()
    await service.record(message, Sent())
    [notice] = message.notices
    assert (notice.change, notice.is_first, notice.alert.status) == ("acknowledged", True, "acknowledged")
    assert await states(service) == [("raised", "superseded"), ("acknowledged", "sent")]
