"""With alerts:own a client sees, and acts on, alerts of its organisation, of those below it and of their collectors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.ids import new_id
from services.vocabulary import Scope
from tests.conftest import ClientFor
from tests.notifications.service import Episode, NotificationsService, an_episode

ALERTS: Mapping[str, tuple[Scope, tuple[str, ...]]] = {
    "the commune": (Scope(unit_code="15142"), ()),
    "VNPOST": (Scope(organisation_code="VNPOST"), ("VNPOST",)),
    "CT in the commune": (Scope("15142", "CT"), ("CT", "VNPOST")),
    "CT-07": (Scope(collector_code="CT-07"), ("CT", "VNPOST")),
    "NL": (Scope(organisation_code="NL"), ("NL", "VNPOST")),
}
"""Alerts by the name of their target, with what it is about and whose it is."""
OWN: Mapping[str, set[str]] = {
    "CT": {"CT in the commune", "CT-07"},
    "NL": {"NL"},
    "VNPOST": {"VNPOST", "CT in the commune", "CT-07", "NL"},
    "BHXH-38": set(),
}


def a_lag(name: str) -> Episode:
    """A target of that name begins to lag."""
    scope, organisations = ALERTS[name]
    path = ("38", "15142") if scope.unit_code else ()
    return an_episode(name=name, scope=scope, organisations=organisations, path=path)


@pytest_asyncio.fixture
async def raised(service: NotificationsService) -> Mapping[str, dict[str, Any]]:
    """The alerts by name; each was sent to the agency."""
    await service.put_route("ops", "ops@example.org")
    await service.handle(*(a_lag(name).fell_behind() for name in ALERTS))
    return {alert["target_name"]: alert for alert in await service.alerts()}


class Clients:
    """Clients of organisations."""

    def __init__(self, service: NotificationsService, client_for: ClientFor) -> None:
        self._service = service
        self._client_for = client_for

    async def of(self, org: str, scope: str = "alerts:own") -> httpx.AsyncClient:
        """A client of that organisation."""
        runtime = self._service.runtime
        token = runtime.tokens.issue(org, frozenset(scope.split()), self._service.clock.now(), timedelta(hours=1))
        return await self._client_for(self._service.app, token)


@pytest.fixture
def clients(service: NotificationsService, client_for: ClientFor) -> Clients:
    """Of the service's app."""
    return Clients(service, client_for)


async def listed(client: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await client.get(path, params={"limit": 2, **query, **after})).json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = {"after": page["next"]}


async def names(client: httpx.AsyncClient, **query: Any) -> set[str]:
    """Of the targets whose alerts are listed."""
    return {alert["target_name"] for alert in await listed(client, "/v1/alerts", **query)}


def assert_not_found(answer: httpx.Response, kind: str, item_id: str) -> None:
    """In the words for what is not there."""
    assert (answer.status_code, answer.json()["type"]) == (404, f"http://test/problems/no-such-{kind}")
    assert answer.json()["detail"] == f"no {kind} has the id {item_id}"


@pytest.mark.usefixtures("raised")
@pytest.mark.parametrize("org", OWN)
async def test_a_list_of_alerts_holds_the_own_alone(clients: Clients, org: str) -> None:
    own = await clients.of(org)
    assert await names(own) == OWN[org]
    assert await names(own, under="38") == OWN[org] & {"CT in the commune"}
    for scope in ("alerts:read", "alerts:read alerts:own", "admin"):
        assert await names(await clients.of(org, scope)) == set(ALERTS)


@pytest.mark.parametrize("org", OWN)
async def test_an_alert_of_others_is_neither_found_nor_acknowledged(
    service: NotificationsService, raised: Mapping[str, dict[str, Any]], clients: Clients, org: str
) -> None:
    own = await clients.of(org)
    for name, alert in raised.items():
        path = f"/v1/alerts/{alert['id']}"
        found = await own.get(path)
        acknowledged = await own.post(f"{path}/acknowledgement", json={"version": 1})
        if name in OWN[org]:
            assert found.json() == alert
            assert acknowledged.status_code == 200
            assert acknowledged.json()["acknowledged_by"]["organisation_code"] == org
        else:
            assert_not_found(found, "alert", alert["id"])
            assert_not_found(acknowledged, "alert", alert["id"])
            assert (await service.client.get(path)).json()["status"] == "open"


@pytest.mark.parametrize("org", OWN)
async def test_deliveries_are_those_of_own_alerts_and_do_not_say_where_they_went(
    service: NotificationsService, raised: Mapping[str, dict[str, Any]], clients: Clients, org: str
) -> None:
    await service.execute("UPDATE deliveries SET last_error = 'ops@example.org: no such user'")
    await service.execute(
        "INSERT INTO delivery_attempts SELECT id, 1, queued_at, 'retry', 'ops@example.org: busy' FROM deliveries"
    )
    own = await clients.of(org)
    seen = await listed(own, "/v1/deliveries")
    assert {item["alert_id"] for item in seen} == {raised[name]["id"] for name in OWN[org]}
    assert "ops@example.org" not in str(seen)
    assert all(attempt["outcome"] == "retry" for item in seen for attempt in item["attempts"])
    everything = await service.deliveries()
    assert len(everything) == len(ALERTS)
    assert {item["address"] for item in everything} == {"ops@example.org"}
    assert all(item["last_error"] and item["attempts"][0]["detail"] for item in everything)


@pytest.mark.parametrize("org", OWN)
async def test_a_delivery_of_an_alert_of_others_is_not_sent_again(
    service: NotificationsService, raised: Mapping[str, dict[str, Any]], clients: Clients, org: str
) -> None:
    own, own_ids = await clients.of(org), {raised[name]["id"] for name in OWN[org]}
    await service.execute("UPDATE deliveries SET state = 'failed', next_attempt_at = NULL")
    for delivery in await service.deliveries():
        answer = await own.post(f"/v1/deliveries/{delivery['id']}/retry")
        if delivery["alert_id"] in own_ids:
            assert (answer.status_code, answer.json()["state"], answer.json()["address"]) == (202, "pending", None)
        else:
            assert_not_found(answer, "delivery", delivery["id"])
    pending = await service.deliveries(state="pending")
    assert {delivery["alert_id"] for delivery in pending} == own_ids


async def test_whoever_reads_all_and_acts_on_the_own_does_both(
    raised: Mapping[str, dict[str, Any]], clients: Clients
) -> None:
    both = await clients.of("CT", "alerts:read alerts:own")
    for name, alert in raised.items():
        answer = await both.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": 1})
        assert answer.status_code == (200 if name in OWN["CT"] else 404)
    writer = await clients.of("CT", "alerts:write")
    answer = await writer.post(f"/v1/alerts/{raised['NL']['id']}/acknowledgement", json={"version": 1})
    assert answer.status_code == 200


async def test_an_alert_follows_its_target_to_another_organisation(
    service: NotificationsService, clients: Clients
) -> None:
    lag = a_lag("CT-07")
    await service.handle(lag.fell_behind())
    lag.organisations = ("NL", "VNPOST")
    await service.handle(lag.fell_behind(2))
    lag.organisations = ("CT", "VNPOST")
    await service.handle(lag.fell_behind(1))
    assert {org: await names(await clients.of(org)) for org in ("CT", "NL", "VNPOST")} == {
        "CT": set(),
        "NL": {"CT-07"},
        "VNPOST": {"CT-07"},
    }


async def test_an_alert_follows_its_target_within_one_batch(service: NotificationsService, clients: Clients) -> None:
    lag = a_lag("CT-07")
    before = lag.fell_behind()
    lag.organisations = ("NL", "VNPOST")
    await service.handle_batch([before, lag.fell_behind(2)])
    assert (await names(await clients.of("CT")), await names(await clients.of("NL"))) == (set(), {"CT-07"})


async def test_an_alert_of_an_event_without_organisations_is_of_the_one_that_it_names(
    service: NotificationsService, clients: Clients
) -> None:
    scopes = {"CT": Scope("15142", "CT"), "CT-07": Scope(collector_code="CT-07"), "38": Scope(unit_code="38")}
    await service.handle(*(an_episode(name=name, scope=scope).fell_behind() for name, scope in scopes.items()))
    assert (await names(await clients.of("CT")), await names(await clients.of("VNPOST"))) == ({"CT"}, set())


async def test_whose_an_alert_is_goes_into_no_answer_message_or_event(
    service: NotificationsService, raised: Mapping[str, dict[str, Any]]
) -> None:
    stored = [row.alert for row in await service.query("SELECT alert FROM deliveries")]
    published = [row.body for row in await service.query("SELECT body FROM outbox")]
    assert "VNPOST" not in str([raised["CT-07"], *(a for a in stored if a["target_name"] == "CT-07")])
    assert not any("organisations" in body for body in published)


async def test_an_alert_that_is_not_there_is_not_found_by_anybody(clients: Clients) -> None:
    alert_id = str(new_id())
    for scope in ("alerts:own", "alerts:read"):
        assert_not_found(await (await clients.of("CT", scope)).get(f"/v1/alerts/{alert_id}"), "alert", alert_id)
