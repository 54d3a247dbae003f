"""Alertmanagers that ask for a password, which is shown nowhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from notifications.channels.alertmanager.credentials import shown, target_of
from services.errors import Invalid
from tests.notifications.channels.alertmanager.test_alertmanager import a_hook, send, severities
from tests.notifications.service import NotificationsService, an_episode
from tests.support.alertmanager import PASSWORD, USER, an_alertmanager


def with_password(url: str, password: str = PASSWORD) -> str:
    """The address as a route has it."""
    return url.replace("://", f"://{USER}:{quote(password, safe='')}@")


async def test_an_alertmanager_that_asks_for_a_password_gets_it_and_nobody_else_sees_it(
    service: NotificationsService, tmp_path: Path
) -> None:
    async with a_hook() as (url, _), an_alertmanager(tmp_path, url, asks_for_password=True) as alertmanager:
        await service.put_route("ops", with_password(alertmanager.url), channel="alertmanager")
        await send(service, an_episode().fell_behind())
        assert await severities(alertmanager) == ["warning"]
        shown = await service.client.get("/v1/routes")
    [delivery] = await service.deliveries()
    assert (delivery["state"], delivery["address"]) == ("sent", alertmanager.url)
    assert shown.json()["items"][0]["address"] == alertmanager.url
    stored = str(await service.query("SELECT * FROM routes")) + str(await service.query("SELECT * FROM deliveries"))
    for text in (shown.text, str(delivery), stored):
        assert not [secret for secret in (PASSWORD, quote(PASSWORD, safe=""), f"{USER}:") if secret in text]


async def test_a_route_that_is_put_with_another_password_or_without_one_forgets_the_one_before(
    service: NotificationsService, tmp_path: Path
) -> None:
    async with a_hook() as (url, _), an_alertmanager(tmp_path, url, asks_for_password=True) as alertmanager:
        outcomes = []
        for address in (with_password(alertmanager.url, "wrong"), with_password(alertmanager.url), alertmanager.url):
            await service.put_route("ops", address, channel="alertmanager")
            service.advance(seconds=20)
            outcomes.append((await service.client.post("/v1/routes/ops/test")).json()["outcome"])
    assert outcomes == ["retry", "sent", "retry"]


@pytest.mark.parametrize(
    ("address", "bare", "authorization"),
    [
        ("https://am.example.org", "https://am.example.org", None),
        ("https://am.example.org/x@y:z/", "https://am.example.org/x@y:z/", None),
        ("https://a:b@am.example.org:9093/p/", "https://am.example.org:9093/p/", "Basic YTpi"),
        ("https://a%40b:%C4%91:@h".replace(":@", "%3A@"), "https://h", "Basic YUBiOsSROg=="),
    ],
)
def test_user_name_and_password_are_taken_out_of_an_address(address: str, bare: str, authorization: str | None) -> None:
    target = target_of(address)
    assert (target.address, target.authorization) == (bare, authorization)
    assert shown(address) == (bare if authorization else None)


@pytest.mark.parametrize(
    "given", ["user", "user:", ":pass", "a:b:c", "a@b:c", "a%3Ab:c", "a:%ff", "a:%0d%0aX-Y", "a:b%", 'a:"b', ""]
)
async def test_what_is_no_user_name_with_password_is_refused_and_not_repeated(
    service: NotificationsService, given: str
) -> None:
    address = f"https://{given}@am.example.org/"
    with pytest.raises(Invalid):
        target_of(address)
    answer = await service.client.put("/v1/routes/ops", json={"channel": "alertmanager", "address": address})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/address")
    assert "percent-encoded" in answer.text
    assert not given or f"//{given}@" not in answer.text


@pytest.mark.parametrize(
    "address", ["http://a:b@203.0.113.7/", "https://a:b@am.example.org/api/v2/alerts", "https://a:b@10.0.0.1"]
)
async def test_what_is_refused_without_a_password_is_refused_with_one(
    service: NotificationsService, address: str
) -> None:
    answer = await service.client.put("/v1/routes/ops", json={"channel": "alertmanager", "address": address})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/address")
