"""The catalogue of causes."""

from __future__ import annotations

import pytest

from tests.conftest import ClientFor, TokenFor
from tests.notifications.service import NotificationsService

BEGUN_WITH = [
    "collector_absent",
    "cost",
    "late_reporting",
    "lost_area_status",
    "lost_poverty_status",
    "not_renewed",
    "other",
    "unaware_of_benefits",
    "working_away",
]
FLOOD = {"name": {"vi": "Lũ lụt", "en": "A flood"}}


async def test_the_catalogue_begins_with_what_units_report(service: NotificationsService) -> None:
    items = (await service.client.get("/v1/causes")).json()["items"]
    assert [cause["code"] for cause in items] == BEGUN_WITH
    assert all(cause["name"]["vi"] and cause["name"]["en"] for cause in items)


async def test_a_cause_is_made_once_and_renamed(service: NotificationsService) -> None:
    made = await service.client.put("/v1/causes/flood", json=FLOOD)
    assert (made.status_code, made.json()) == (201, {"code": "flood", **FLOOD})
    again = await service.client.put("/v1/causes/flood", json=FLOOD)
    assert (again.status_code, again.json()) == (200, made.json())
    name = {"vi": "Lũ", "en": "Flood"}
    await service.client.put("/v1/causes/flood", json={"name": name})
    items = (await service.client.get("/v1/causes")).json()["items"]
    assert [cause for cause in items if cause["code"] == "flood"] == [{"code": "flood", "name": name}]


async def test_causes_are_read_in_pages(service: NotificationsService) -> None:
    page = (await service.client.get("/v1/causes", params={"limit": 5})).json()
    rest = (await service.client.get("/v1/causes", params={"after": page["next"]})).json()
    assert [cause["code"] for cause in page["items"] + rest["items"]] == BEGUN_WITH
    assert rest["next"] is None


@pytest.mark.parametrize("body", [{}, {"name": {"vi": "Lũ"}}, {"name": {"vi": "", "en": "Flood"}}, {"name": "Flood"}])
async def test_a_cause_has_a_name_in_both_languages(service: NotificationsService, body: object) -> None:
    assert (await service.client.put("/v1/causes/flood", json=body)).status_code == 422


async def test_who_may_only_read_or_act_on_their_own_does_not_change_the_catalogue(
    service: NotificationsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    for scope in ("alerts:own", "alerts:read"):
        client = await client_for(service.app, token_for(service.runtime, scope=scope))
        assert (await client.get("/v1/causes")).status_code == 200
        assert (await client.put("/v1/causes/flood", json=FLOOD)).status_code == 403
