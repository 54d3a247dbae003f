"""Digests as they are put, listed and removed, and the routes that they go to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.clock import BUSINESS_ZONE
from tests.notifications.digests.steps import DIRECTOR, clock_looks, digests, put, put_digest, put_director, wait_until
from tests.notifications.receiver import Receiver
from tests.notifications.service import NotificationsService


async def test_one_that_is_put_is_made_then_changed_and_comes_at_the_next_of_its_times(
    service: NotificationsService,
) -> None:
    await put_director(service)
    made = await put(service)
    assert made.status_code == 201
    shown = made.json()
    next_at = datetime.fromisoformat(shown["next_at"])
    assert service.clock.now() < next_at <= service.clock.now() + timedelta(days=1)
    assert f"{next_at.astimezone(BUSINESS_ZONE):%H:%M}" == "07:30"
    given = {name: shown[name] for name in ("name", "under", "route", "every", "at", "on", "holidays")}
    assert given == {
        "name": "thanh-hoa",
        "under": "38",
        "route": DIRECTOR,
        "every": "day",
        "at": "07:30",
        "on": None,
        "holidays": True,
    }
    changed = await put(service, every="week", on="fri", days=None, under=None)
    assert (changed.status_code, changed.json()["on"], changed.json()["under"]) == (200, "fri", None)
    assert datetime.fromisoformat(changed.json()["next_at"]).astimezone(BUSINESS_ZONE).weekday() == 4
    assert (await service.client.get("/v1/digests")).json()["items"] == [changed.json()]


async def test_one_that_is_due_and_put_anew_with_the_same_times_is_still_told(service: NotificationsService) -> None:
    await put_director(service)
    wait_until(service, (await put_digest(service))["next_at"])
    await put_digest(service, under="15142")
    await clock_looks(service)
    assert len(await digests(service)) == 1


async def test_one_that_is_removed_comes_no_more(service: NotificationsService) -> None:
    await put_director(service)
    next_at = (await put_digest(service))["next_at"]
    assert (await service.client.delete("/v1/digests/thanh-hoa")).status_code == 204
    wait_until(service, next_at)
    await clock_looks(service)
    assert await digests(service) == []
    again = await service.client.delete("/v1/digests/thanh-hoa")
    assert (again.status_code, again.json()["type"]) == (404, "http://test/problems/no-such-digest")
    preview = await service.client.get("/v1/digests/thanh-hoa/preview")
    assert (preview.status_code, preview.json()["type"]) == (404, "http://test/problems/no-such-digest")


@pytest.mark.parametrize(
    ("more", "pointer", "says"),
    [
        ({"route": "nobody"}, "/route", "no route nobody is there: put it first (`PUT /v1/routes/nobody`)"),
        ({"on": "mon"}, "/on", "leave it out, or give `every` as week"),
        ({"every": "week"}, "/days", "give one weekday as `on`"),
        ({"at": "7:30"}, "/at", "such as 07:30"),
        ({"at": "24:00"}, "/at", "such as 07:30"),
        ({"every": "month"}, "/every", "day"),
        ({"days": []}, "/days", "of 1 at least"),
        ({"days": ["monday"]}, "/days/0", "mon"),
        ({"language": "vi"}, "/language", "no such field"),
    ],
)
async def test_what_is_wrong_is_named_with_its_remedy(
    service: NotificationsService, more: dict[str, Any], pointer: str, says: str
) -> None:
    await put_director(service)
    answer = await put(service, **more)
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert says in error["detail"]


async def test_a_unit_has_to_be_registered(service: NotificationsService) -> None:
    await put_director(service)
    answer = await put(service, under="99")
    assert (answer.status_code, answer.json()["type"]) == (409, "http://test/problems/not-known-yet")
    assert (await put_digest(service, under="bhxh-ct"))["under"] == "BHXH-CT"


async def test_a_webhook_carries_none_and_a_route_with_digests_becomes_none(
    service: NotificationsService, receiver: Receiver
) -> None:
    await service.put_route("hook", receiver.url)
    refused = await put(service, route="hook")
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["detail"]) == (
        "/route",
        "hook is of the channel webhook, which carries no digests: give a route of chat or mail",
    )
    await put_director(service)
    await put_digest(service)
    body = {"channel": "webhook", "address": receiver.url}
    answer = await service.client.put(f"/v1/routes/{DIRECTOR}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "http://test/problems/route-in-use")
    assert "thanh-hoa" in answer.json()["detail"]
    [route] = [each for each in (await service.client.get("/v1/routes")).json()["items"] if each["name"] == DIRECTOR]
    assert route["channel"] == "mail"


async def test_a_route_with_digests_cannot_be_removed(service: NotificationsService) -> None:
    await put_director(service)
    await put_digest(service)
    answer = await service.client.delete(f"/v1/routes/{DIRECTOR}")
    assert (answer.status_code, answer.json()["type"]) == (409, "http://test/problems/route-in-use")
    assert answer.json()["detail"] == "digests go to the route director: thanh-hoa"
    await service.client.delete("/v1/digests/thanh-hoa")
    assert (await service.client.delete(f"/v1/routes/{DIRECTOR}")).status_code == 204


async def test_they_are_listed_page_by_page(service: NotificationsService) -> None:
    await put_director(service)
    for name in ("c", "a", "b"):
        await put_digest(service, name)
    first = (await service.client.get("/v1/digests", params={"limit": 2})).json()
    rest = (await service.client.get("/v1/digests", params={"after": first["next"]})).json()
    assert [each["name"] for each in (*first["items"], *rest["items"])] == ["a", "b", "c"]
    assert rest["next"] is None


async def test_an_organisation_sees_none_of_them(service: NotificationsService) -> None:
    await put_director(service)
    next_at = (await put_digest(service))["next_at"]
    wait_until(service, next_at)
    await clock_looks(service)
    [delivery] = await digests(service)
    token = service.runtime.tokens.issue(
        "CT", frozenset({"alerts:own"}), datetime.now(UTC) - timedelta(minutes=1), timedelta(days=30)
    )
    own = {"authorization": f"Bearer {token}"}
    assert (await service.client.get("/v1/digests", headers=own)).status_code == 403
    assert (await service.client.get("/v1/deliveries", headers=own)).json()["items"] == []
    assert (await service.client.post(f"/v1/deliveries/{delivery['id']}/retry", headers=own)).status_code == 404
