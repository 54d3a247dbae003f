"""Chains of escalation over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.notifications.escalations.steps import a_step, put_chain, put_routes
from tests.notifications.service import NotificationsService


async def listed(service: NotificationsService) -> list[dict[str, Any]]:
    """GET /v1/escalations."""
    answer = await service.client.get("/v1/escalations")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_chain_that_is_put_is_shown_as_it_was_put(service: NotificationsService) -> None:
    await put_routes(service, "unit", "province")
    steps = [a_step("PT4H", "unit"), a_step("P1DT12H", "province", "unit")]
    made = await put_chain(service, *steps)
    assert made.status_code == 201, made.text
    assert made.json() == (await listed(service))[0]
    assert (made.json()["under"], made.json()["steps"]) == ("38", steps)
    changed = await put_chain(service, a_step("P2W", "unit"), under=None)
    assert (changed.status_code, changed.json()["under"]) == (200, None)
    assert [each["steps"] for each in await listed(service)] == [[a_step("P2W", "unit")]]


async def test_a_chain_that_is_removed_is_gone(service: NotificationsService) -> None:
    await put_routes(service, "unit")
    await put_chain(service, a_step("PT4H", "unit"))
    assert (await service.client.delete("/v1/escalations/chain")).status_code == 204
    assert await listed(service) == []
    again = await service.client.delete("/v1/escalations/chain")
    assert (again.status_code, again.json()["type"]) == (404, "http://test/problems/no-such-escalation")


async def test_a_unit_has_one_chain(service: NotificationsService) -> None:
    await put_routes(service, "unit")
    await put_chain(service, a_step("PT4H", "unit"), name="first")
    other = await put_chain(service, a_step("PT4H", "unit"), name="second")
    assert (other.status_code, other.json()["type"]) == (409, "http://test/problems/already-escalated")
    assert "the chain first is for 38" in other.json()["detail"]
    assert (await put_chain(service, a_step("PT4H", "unit"), name="second", under="BHXH-CT")).status_code == 201
    for name, status in (("everywhere", 201), ("again", 409)):
        assert (await put_chain(service, a_step("PT4H", "unit"), name=name, under=None)).status_code == status


async def test_two_who_put_a_chain_for_the_same_unit_at_once_are_told_apart(service: NotificationsService) -> None:
    await put_routes(service, "unit")
    names = [f"chain-{n}" for n in range(5)]
    answers = await asyncio.gather(*(put_chain(service, a_step("PT4H", "unit"), name=name) for name in names))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize(
    "after", ["4 hours", "04:00:00", "PT", "P", "PT0M", "P1Y", "P1M", "-PT4H", "PT1.5H", "P61D", "PT30S", 14400]
)
async def test_a_time_that_is_no_duration_is_refused_with_an_example(service: NotificationsService, after: Any) -> None:
    await put_routes(service, "unit")
    answer = await put_chain(service, {"after": after, "routes": ["unit"]})
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/steps/0/after"
    assert "PT4H" in error["detail"] or "PT1M" in error["detail"]
    assert await listed(service) == []


async def test_a_step_names_routes_that_are_there(service: NotificationsService) -> None:
    await put_routes(service, "unit")
    answer = await put_chain(service, a_step("PT4H", "unit", "nobody"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/steps/0/routes/1")
    assert "PUT /v1/routes/nobody" in answer.json()["detail"]


async def test_a_unit_that_is_not_registered_is_not_known_yet(service: NotificationsService) -> None:
    await put_routes(service, "unit")
    answer = await put_chain(service, a_step("PT4H", "unit"), under="99999")
    assert (answer.status_code, answer.json()["type"]) == (409, "http://test/problems/not-known-yet")


async def test_a_route_that_a_chain_names_is_not_removed(service: NotificationsService) -> None:
    await put_routes(service, "unit", "province")
    await put_chain(service, a_step("PT4H", "unit"), a_step("P1D", "province"))
    refused = await service.client.delete("/v1/routes/province")
    assert (refused.status_code, refused.json()["type"]) == (409, "http://test/problems/route-in-use")
    assert "chain" in refused.json()["detail"]
    await put_chain(service, a_step("PT4H", "unit"))
    assert (await service.client.delete("/v1/routes/province")).status_code == 204


async def test_of_whoever_puts_a_chain_and_whoever_removes_its_route_one_is_refused(
    service: NotificationsService,
) -> None:
    for n in range(5):
        await put_routes(service, "unit", f"route-{n}")
        put, removed = await asyncio.gather(
            put_chain(service, a_step("PT4H", f"route-{n}")), service.client.delete(f"/v1/routes/route-{n}")
        )
        assert (put.status_code in (200, 201), removed.status_code) in [(True, 409), (False, 204)]
        assert put.status_code in (200, 201, 422)
