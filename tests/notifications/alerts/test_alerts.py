"""Alerts: raised once per episode, whatever order its events come in, and taken on by one."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from notifications.alerts.consumers import pace_handlers
from notifications.alerts.usecases import PaceEvent
from services.ids import new_id
from tests.conftest import ClientFor, TokenFor
from tests.notifications.service import House, an_episode


async def test_a_lag_raises_one_alert_and_tells_of_it_in_the_outbox(house: House) -> None:
    lag = an_episode()
    await house.hear(lag.fell_behind(), lag.fell_behind())
    [alert] = await house.alerts()
    assert alert["status"] == "open"
    assert alert["subject"]["unit_code"] == "15142"
    assert alert["figures"]["expected"] == 0.27
    assert alert["version"] == 1
    assert await house.outbox_types() == ["drive.alert.raised.v1"]


async def test_the_raised_event_carries_the_correlation_of_its_cause(house: House) -> None:
    await house.hear(an_episode().fell_behind())
    [row] = await house.query("SELECT body::jsonb AS body FROM outbox")
    assert row.body["correlationid"] == "request-1"
    assert row.body["data"]["status"] == "open"


async def test_a_second_episode_of_the_target_is_an_alert_of_its_own(house: House) -> None:
    first = an_episode()
    await house.hear(first.fell_behind(1), first.recovered(2))
    first.number = 2
    await house.hear(first.fell_behind(3))
    assert [alert["status"] for alert in await house.alerts()] == ["open", "resolved"]


async def test_worsening_raises_severity_and_version(house: House) -> None:
    lag = an_episode()
    await house.hear(lag.fell_behind(), lag.worsened())
    [alert] = await house.alerts(severity="critical")
    assert (alert["status"], alert["version"]) == ("open", 2)


async def test_recovery_resolves_whatever_the_status_was(house: House) -> None:
    lag = an_episode()
    await house.hear(lag.fell_behind())
    [alert] = await house.alerts()
    await house.client.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": 1})
    await house.hear(lag.recovered())
    [alert] = await house.alerts()
    assert (alert["status"], alert["version"]) == ("resolved", 3)
    assert await house.outbox_types() == [
        "drive.alert.raised.v1",
        "drive.alert.acknowledged.v1",
        "drive.alert.resolved.v1",
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_an_episode_heard_in_any_order_ends_resolved(house: House, order: tuple[int, ...]) -> None:
    lag = an_episode()
    events: list[PaceEvent] = [lag.fell_behind(1), lag.worsened(2), lag.recovered(3)]
    await house.hear(*(events[i] for i in order), *events)
    [alert] = await house.alerts()
    assert alert["status"] == "resolved"
    raised = (await house.outbox_types()).count("drive.alert.raised.v1")
    assert raised == (0 if order[0] == 2 else 1)


async def test_a_recovery_heard_first_is_told_and_what_comes_late_is_not(house: House) -> None:
    await house.put_route("ops", "ops@example.org")
    lag = an_episode()
    await house.hear(lag.recovered(3), lag.fell_behind(1), lag.worsened(2))
    assert await house.outbox_types() == ["drive.alert.resolved.v1"]
    assert [delivery["change"] for delivery in await house.deliveries()] == ["resolved"]


async def test_two_consumers_that_hear_the_same_raise_one_alert(house: House) -> None:
    lag = an_episode()
    results = await asyncio.gather(*(house.hear(lag.fell_behind()) for _ in range(4)), return_exceptions=True)
    assert any(result is None for result in results)
    await house.hear(lag.fell_behind())
    assert len(await house.alerts()) == 1
    assert await house.outbox_types() == ["drive.alert.raised.v1"]


async def test_a_batch_of_many_episodes_raises_each(house: House) -> None:
    events = [an_episode().fell_behind() for _ in range(30)]
    handlers = pace_handlers(house.clock, new_id, lambda: None)
    async with house.runtime.database.write() as work:
        await handlers["drive.pace.fell_behind.v1"](work, events)
    assert len(await house.alerts()) == 30


async def test_of_two_who_acknowledge_at_once_one_wins(house: House) -> None:
    await house.hear(an_episode().fell_behind())
    [alert] = await house.alerts()
    path = f"/v1/alerts/{alert['id']}/acknowledgement"
    answers = await asyncio.gather(*(house.client.post(path, json={"version": 1}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [alert] = await house.alerts(status="acknowledged")
    assert (alert["acknowledged_by"], alert["version"]) == ("OPS", 2)
    assert (await house.outbox_types()).count("drive.alert.acknowledged.v1") == 1


async def test_a_stale_version_is_refused_and_names_the_current_one(house: House) -> None:
    lag = an_episode()
    await house.hear(lag.fell_behind(), lag.worsened())
    [alert] = await house.alerts()
    answer = await house.client.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": 1})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:drive:problem:stale-version"
    assert "version 2" in answer.json()["detail"]
    assert answer.json()["errors"][0]["pointer"] == "/version"


async def test_an_acknowledgement_after_the_recovery_does_not_un_resolve(house: House) -> None:
    lag = an_episode()
    await house.hear(lag.fell_behind(), lag.recovered())
    [alert] = await house.alerts()
    answer = await house.client.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": alert["version"]})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:drive:problem:already-resolved"
    assert (await house.alerts())[0]["status"] == "resolved"


async def test_filters_narrow_the_list(house: House) -> None:
    here, there = an_episode(), an_episode(path=("38", "15127"), unit_name="Xã Cẩm Thủy")
    await house.hear(here.fell_behind(), there.fell_behind(severity="critical"))
    assert {alert["unit_name"] for alert in await house.alerts(under="38")} == {"Xã Cẩm Thạch", "Xã Cẩm Thủy"}
    assert [alert["unit_name"] for alert in await house.alerts(under="15127")] == ["Xã Cẩm Thủy"]
    assert [alert["unit_name"] for alert in await house.alerts(severity="warning")] == ["Xã Cẩm Thạch"]
    assert await house.alerts(status="resolved") == []
    assert await house.alerts(under="3") == []


async def test_pages_hold_every_alert_once(house: House) -> None:
    await house.hear(*(an_episode().fell_behind() for _ in range(5)))
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await house.client.get("/v1/alerts", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


async def test_one_alert_is_shown_and_an_unknown_one_is_not(house: House) -> None:
    await house.hear(an_episode().fell_behind())
    [alert] = await house.alerts()
    assert (await house.client.get(f"/v1/alerts/{alert['id']}")).json() == alert
    missing = await house.client.get(f"/v1/alerts/{new_id()}")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:drive:problem:no-such-alert")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/alerts?status=gone", None, 422),
        ("GET", "/v1/alerts?limit=0", None, 422),
        ("GET", "/v1/alerts?limit=201", None, 422),
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
    house: House, method: str, path: str, body: object, status: int
) -> None:
    answer = await house.client.request(method, path, json=body)
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
    house: House, client_for: ClientFor, token_for: TokenFor, scope: str, method: str, path: str
) -> None:
    body = {"version": 1} if "ack" in path else {"channel": "mail", "address": "a@b"} if method == "PUT" else None
    wrong = await client_for(house.app, token_for(house.runtime, scope=scope))
    nobody = await client_for(house.app)
    assert (await wrong.request(method, path, json=body)).status_code == 403
    assert (await nobody.request(method, path, json=body)).status_code == 401


async def test_a_batch_as_large_as_they_come_is_one_unit_of_work(house: House) -> None:
    """2,000 events: more values than one statement may have parameters (32,767)."""
    await house.put_route("ops", "ops@example.org")
    handlers = pace_handlers(house.clock, new_id, lambda: None)
    events = [an_episode().fell_behind() for _ in range(2000)]
    async with house.runtime.database.write() as work:
        await handlers["drive.pace.fell_behind.v1"](work, events)
    [row] = await house.query("SELECT count(*) AS n FROM deliveries JOIN alerts a ON a.id = alert_id")
    assert row.n == 2000
