"""Alerts: raised once per episode, whatever order its events come in, and taken on by one."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from services.contracts.pace import PaceEvent
from services.ids import new_id
from services.vocabulary import Scope
from tests.conftest import ClientFor, TokenFor
from tests.notifications.service import NotificationsService, a_unit, an_episode


async def test_a_lag_raises_one_alert_and_puts_an_event_into_the_outbox(service: NotificationsService) -> None:
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.fell_behind())
    [alert] = await service.alerts()
    assert alert["status"] == "open"
    assert alert["subject"]["unit_code"] == "15142"
    assert alert["figures"]["expected"] == 0.27
    assert alert["version"] == 1
    assert await service.outbox_types() == ["drive.alert.raised.v1"]


async def test_the_raised_event_carries_the_correlation_of_its_cause(service: NotificationsService) -> None:
    await service.handle(an_episode().fell_behind())
    [row] = await service.query("SELECT body::jsonb AS body FROM outbox")
    assert row.body["correlationid"] == "request-1"
    assert row.body["data"]["status"] == "open"


async def test_a_second_episode_of_the_target_is_an_alert_of_its_own(service: NotificationsService) -> None:
    first = an_episode()
    await service.handle(first.fell_behind(1), first.recovered(2))
    first.number = 2
    await service.handle(first.fell_behind(3))
    assert [alert["status"] for alert in await service.alerts()] == ["open", "resolved"]


async def test_worsening_raises_severity_and_version(service: NotificationsService) -> None:
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.worsened())
    [alert] = await service.alerts(severity="critical")
    assert (alert["status"], alert["version"]) == ("open", 2)


async def test_an_alert_stays_as_grave_as_its_episode_was_and_is_told_of_that_once(
    service: NotificationsService,
) -> None:
    """Its unit was renamed while the target lagged less gravely for a while."""
    lag = an_episode()
    await service.handle(lag.fell_behind())
    lag.worst = "critical"
    await service.handle(lag.worsened(2), lag.worsened(3, "warning"), lag.worsened(4, "critical"))
    [alert] = await service.alerts(severity="critical")
    assert (alert["status"], alert["version"]) == ("open", 4)
    assert await service.outbox_types() == ["drive.alert.raised.v1", "drive.alert.worsened.v1"]


async def test_recovery_resolves_whatever_the_status_was(service: NotificationsService) -> None:
    lag = an_episode()
    await service.handle(lag.fell_behind())
    [alert] = await service.alerts()
    await service.client.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": 1})
    await service.handle(lag.recovered())
    [alert] = await service.alerts()
    assert (alert["status"], alert["version"]) == ("resolved", 3)
    assert await service.outbox_types() == [
        "drive.alert.raised.v1",
        "drive.alert.acknowledged.v1",
        "drive.alert.resolved.v1",
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_an_episode_whose_events_come_in_any_order_ends_resolved(
    service: NotificationsService, order: tuple[int, ...]
) -> None:
    lag = an_episode()
    events: list[PaceEvent] = [lag.fell_behind(1), lag.worsened(2), lag.recovered(3)]
    await service.handle(*(events[i] for i in order), *events)
    [alert] = await service.alerts()
    assert alert["status"] == "resolved"
    raised = (await service.outbox_types()).count("drive.alert.raised.v1")
    assert raised == (0 if order[0] == 2 else 1)


async def test_a_recovery_that_arrives_first_is_sent_and_late_events_are_not(service: NotificationsService) -> None:
    await service.put_route("ops", "ops@example.org")
    lag = an_episode()
    await service.handle(lag.recovered(3), lag.fell_behind(1), lag.worsened(2))
    assert await service.outbox_types() == ["drive.alert.resolved.v1"]
    assert [delivery["change"] for delivery in await service.deliveries()] == ["resolved"]


async def test_an_alert_whose_target_was_withdrawn_is_resolved_by_that(service: NotificationsService) -> None:
    caught_up, withdrawn = an_episode(), an_episode()
    await service.handle(caught_up.fell_behind(), withdrawn.fell_behind())
    await service.handle(caught_up.recovered(), withdrawn.withdrawn())
    resolutions = {alert["target_id"]: alert["resolution"] for alert in await service.alerts(status="resolved")}
    assert resolutions == {str(caught_up.target_id): "caught_up", str(withdrawn.target_id): "withdrawn"}
    for alert in await service.alerts():
        answer = await service.client.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": 2})
        assert answer.status_code == 409
        because = "withdrawn" if alert["resolution"] == "withdrawn" else "caught up"
        assert because in answer.json()["detail"]


async def test_an_open_alert_follows_its_unit_and_who_knows_of_it_is_not_notified_again(
    service: NotificationsService,
) -> None:
    await service.put_route("ops", "https://ops.example.org")
    episode = an_episode()
    await service.handle(episode.fell_behind())
    episode.path, episode.unit_name = ("38", "BHXH-BT", "15142"), "Xã Mới"
    await service.handle(episode.fell_behind(revision=2))
    [alert] = await service.alerts(under="BHXH-BT")
    assert (alert["unit_name"], alert["status"], alert["version"]) == ("Xã Mới", "open", 2)
    assert await service.alerts(under="BHXH-CT") == []
    assert len(await service.deliveries()) == 1


async def test_two_consumers_of_the_same_event_raise_one_alert(service: NotificationsService) -> None:
    lag = an_episode()
    results = await asyncio.gather(*(service.handle(lag.fell_behind()) for _ in range(4)), return_exceptions=True)
    assert any(result is None for result in results)
    await service.handle(lag.fell_behind())
    assert len(await service.alerts()) == 1
    assert await service.outbox_types() == ["drive.alert.raised.v1"]


async def test_events_of_one_batch_take_effect_in_the_order_of_their_revisions(service: NotificationsService) -> None:
    lag = an_episode()
    await service.handle_batch([lag.worsened(2), lag.fell_behind(1)])
    assert await service.outbox_types() == ["drive.alert.raised.v1", "drive.alert.worsened.v1"]


async def test_a_batch_of_many_episodes_raises_each(service: NotificationsService) -> None:
    await service.handle_batch([an_episode().fell_behind() for _ in range(30)])
    assert len(await service.alerts()) == 30


async def test_of_two_who_acknowledge_at_once_one_wins(service: NotificationsService) -> None:
    await service.handle(an_episode().fell_behind())
    [alert] = await service.alerts()
    path = f"/v1/alerts/{alert['id']}/acknowledgement"
    answers = await asyncio.gather(*(service.client.post(path, json={"version": 1}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [alert] = await service.alerts(status="acknowledged")
    assert alert["acknowledged_by"] == {"subject": "OPS", "name": None, "organisation_code": "OPS"}
    assert alert["version"] == 2
    assert (await service.outbox_types()).count("drive.alert.acknowledged.v1") == 1


async def test_a_stale_version_is_refused_and_names_the_current_one(service: NotificationsService) -> None:
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.worsened())
    [alert] = await service.alerts()
    answer = await service.client.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": 1})
    assert answer.status_code == 409
    assert answer.json()["type"] == "http://test/problems/stale-version"
    assert "version 2" in answer.json()["detail"]
    assert answer.json()["errors"][0]["pointer"] == "/version"


async def test_an_acknowledgement_after_the_recovery_does_not_un_resolve(service: NotificationsService) -> None:
    lag = an_episode()
    await service.handle(lag.fell_behind(), lag.recovered())
    [alert] = await service.alerts()
    answer = await service.client.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": alert["version"]})
    assert answer.status_code == 409
    assert answer.json()["type"] == "http://test/problems/already-resolved"
    assert (await service.alerts())[0]["status"] == "resolved"


async def test_filters_narrow_the_list(service: NotificationsService) -> None:
    here, there = an_episode(), an_episode(path=("38", "15127"), unit_name="Xã Cẩm Thủy")
    await service.handle(here.fell_behind(), there.fell_behind(severity="critical"))
    assert {alert["unit_name"] for alert in await service.alerts(under="38")} == {"Xã Cẩm Thạch", "Xã Cẩm Thủy"}
    assert [alert["unit_name"] for alert in await service.alerts(under="15127")] == ["Xã Cẩm Thủy"]
    assert [alert["unit_name"] for alert in await service.alerts(severity="warning")] == ["Xã Cẩm Thạch"]
    assert await service.alerts(status="resolved") == []
    assert await service.alerts(under="BHXH-BT") == []


async def test_alerts_are_narrowed_by_organisation_collector_and_scheme(service: NotificationsService) -> None:
    office = an_episode(scope=Scope(organisation_code="CT"), organisations=("CT", "VNPOST"))
    collector = an_episode(scope=Scope(None, "NL", "NL-01"), organisations=("NL", "VNPOST"))
    await service.handle(an_episode().fell_behind(), office.fell_behind(), collector.fell_behind())
    found = {
        query: {alert["target_id"] for alert in await service.alerts(**dict([query]))}
        for query in (
            ("organisation_code", "ct"),
            ("organisation_code", "VNPOST"),
            ("organisation_code", "V"),
            ("collector_code", "nl-01"),
            ("collector_code", "CT-01"),
            ("scheme", "voluntary_social"),
        )
    }
    assert list(found.values()) == [
        {str(office.target_id)},
        {str(office.target_id), str(collector.target_id)},
        set(),
        {str(collector.target_id)},
        set(),
        set(),
    ]
    assert len(await service.alerts(scheme="household_health")) == 3
    assert await service.alerts(scheme="household_health", organisation_code="CT", collector_code="NL-01") == []


async def test_alerts_under_a_unit_are_found_by_its_code_in_any_case(service: NotificationsService) -> None:
    await service.handle(an_episode().fell_behind())
    assert len(await service.alerts(under="bhxh-ct")) == len(await service.alerts(under="BHXH-CT")) == 1


async def test_alerts_under_a_unit_that_nobody_has_registered_are_refused(service: NotificationsService) -> None:
    await service.handle(an_episode().fell_behind())
    answer = await service.client.get("/v1/alerts", params={"under": "3"})
    assert (answer.status_code, answer.json()["type"]) == (422, "http://test/problems/invalid")
    detail = "no unit 3 is known here: check the code; what was registered just now arrives within moments"
    assert answer.json()["errors"] == [{"pointer": "/query/under", "detail": detail}]
    await service.register(a_unit("3"))
    assert await service.alerts(under="3") == []


async def test_pages_hold_every_alert_once(service: NotificationsService) -> None:
    await service.handle(*(an_episode().fell_behind() for _ in range(5)))
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await service.client.get("/v1/alerts", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


async def test_one_alert_is_shown_and_an_unknown_one_is_not(service: NotificationsService) -> None:
    await service.handle(an_episode().fell_behind())
    [alert] = await service.alerts()
    assert (await service.client.get(f"/v1/alerts/{alert['id']}")).json() == alert
    missing = await service.client.get(f"/v1/alerts/{new_id()}")
    assert (missing.status_code, missing.json()["type"]) == (404, "http://test/problems/no-such-alert")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/alerts?status=gone", None, 422),
        ("GET", "/v1/alerts?limit=0", None, 422),
        ("GET", "/v1/alerts?limit=501", None, 422),
        ("GET", "/v1/alerts?after=x", None, 422),
        ("GET", "/v1/alerts?under=%00", None, 422),
        ("GET", "/v1/alerts/x", None, 422),
        ("POST", "/v1/alerts/00000000-0000-7000-8000-000000000000/acknowledgement", {"version": 1}, 404),
        ("POST", "/v1/alerts/00000000-0000-7000-8000-000000000000/acknowledgement", {}, 422),
        ("POST", "/v1/alerts/00000000-0000-7000-8000-000000000000/acknowledgement", {"version": 2**40}, 422),
        ("POST", "/v1/alerts/00000000-0000-7000-8000-000000000000/acknowledgement", {"version": 1, "x": 1}, 422),
    ],
)
async def test_bad_input_is_a_problem_that_says_so(
    service: NotificationsService, method: str, path: str, body: object, status: int
) -> None:
    answer = await service.client.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("alerts:write", "GET", "/v1/alerts"),
        ("alerts:write", "GET", "/v1/alerts/00000000-0000-7000-8000-000000000000"),
        ("alerts:read", "POST", "/v1/alerts/00000000-0000-7000-8000-000000000000/acknowledgement"),
        ("alerts:write", "GET", "/v1/routes"),
        ("alerts:read", "PUT", "/v1/routes/ops"),
        ("alerts:read", "DELETE", "/v1/routes/ops"),
        ("alerts:write", "GET", "/v1/deliveries"),
        ("alerts:read", "POST", "/v1/deliveries/00000000-0000-7000-8000-000000000000/retry"),
    ],
)
async def test_each_route_asks_for_its_scope(
    service: NotificationsService, client_for: ClientFor, token_for: TokenFor, scope: str, method: str, path: str
) -> None:
    body = {"version": 1} if "ack" in path else {"channel": "mail", "address": "a@b"} if method == "PUT" else None
    wrong = await client_for(service.app, token_for(service.runtime, scope=scope))
    anonymous = await client_for(service.app)
    assert (await wrong.request(method, path, json=body)).status_code == 403
    assert (await anonymous.request(method, path, json=body)).status_code == 401


async def test_a_batch_as_large_as_they_come_is_one_unit_of_work(service: NotificationsService) -> None:
    """2,000 events: more values than one statement may have parameters (32,767)."""
    await service.put_route("ops", "ops@example.org")
    await service.handle_batch([an_episode().fell_behind() for _ in range(2000)])
    [row] = await service.query("SELECT count(*) AS n FROM deliveries JOIN alerts a ON a.id = alert_id")
    assert row.n == 2000
