"""Inhibitions: while a unit lags, the same lag of units below is not told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.vocabulary import Scope
from tests.notifications.service import Episode, NotificationsService, an_episode
from tests.notifications.silences.steps import clock_looks, silence, told


@pytest.fixture
async def ops(service: NotificationsService) -> NotificationsService:
    """The service with a route for everything, where the insurance units' alerts hush those of their communes."""
    await service.put_route("ops", "ops@example.org")
    answer = await service.client.put("/v1/inhibitions/province", json={"under": "38"})
    assert answer.status_code == 201, answer.text
    return service


def an_insurance_unit() -> Episode:
    """A target of the insurance unit."""
    return an_episode(path=("38", "BHXH-CT"))


async def told_of(service: NotificationsService, lag: Episode) -> list[str]:
    """What the route is told of a lag, oldest first."""
    [alert] = [each for each in await service.alerts() if each["target_id"] == str(lag.target_id)]
    return [row["change"] for row in await service.deliveries() if row["alert_id"] == alert["id"]]


async def test_an_alert_below_one_that_is_as_grave_is_raised_and_shown_and_not_told(ops: NotificationsService) -> None:
    parent, child = an_insurance_unit(), an_episode()
    await ops.handle(parent.fell_behind(), child.fell_behind())
    inhibited = {each["target_id"]: each["inhibited_by"] for each in await ops.alerts()}
    [above] = [each["id"] for each in await ops.alerts() if each["target_id"] == str(parent.target_id)]
    assert inhibited == {str(parent.target_id): None, str(child.target_id): above}
    assert (await told_of(ops, parent), await told_of(ops, child)) == (["raised"], [])


async def test_within_a_batch_the_order_of_parent_and_child_does_not_matter(ops: NotificationsService) -> None:
    parent, child = an_insurance_unit(), an_episode()
    await ops.handle_batch([child.fell_behind(), parent.fell_behind()])
    assert (await told_of(ops, parent), await told_of(ops, child)) == (["raised"], [])


async def test_of_a_child_that_was_told_before_what_follows_is_hushed(ops: NotificationsService) -> None:
    parent, child = an_insurance_unit(), an_episode()
    await ops.handle(child.fell_behind(), parent.fell_behind(severity="critical"), child.worsened())
    assert await told_of(ops, child) == ["raised"]
    await ops.handle(parent.recovered())
    await clock_looks(ops)
    assert await told_of(ops, child) == ["raised", "worsened"]


async def test_when_the_parent_has_caught_up_routes_hear_of_the_child_that_still_lags(
    ops: NotificationsService,
) -> None:
    parent, child, over = an_insurance_unit(), an_episode(), an_episode()
    await ops.handle(parent.fell_behind(), child.fell_behind(), over.fell_behind(), over.recovered())
    await clock_looks(ops)
    assert await told_of(ops, child) == []
    await ops.handle(parent.recovered())
    await clock_looks(ops)
    await clock_looks(ops)
    assert (await told_of(ops, child), await told_of(ops, over)) == (["raised"], [])


async def test_a_child_that_is_graver_or_of_another_owner_is_told(ops: NotificationsService) -> None:
    graver = an_episode()
    scope = Scope(unit_code="15142", organisation_code="BD-38")
    partners = an_episode(scope=scope, organisations=("BD-38",))
    await ops.handle(an_insurance_unit().fell_behind(), graver.fell_behind(severity="critical"))
    await ops.handle(partners.fell_behind())
    assert (await told_of(ops, graver), await told_of(ops, partners)) == (["raised"], ["raised"])


async def test_nothing_is_hushed_outside_of_the_unit_or_once_the_inhibition_is_removed(
    ops: NotificationsService,
) -> None:
    assert (await ops.client.put("/v1/inhibitions/province", json={"under": "bhxh-bt"})).json()["under"] == "BHXH-BT"
    elsewhere = an_episode()
    await ops.handle(an_insurance_unit().fell_behind(), elsewhere.fell_behind())
    assert await told_of(ops, elsewhere) == ["raised"]
    await ops.client.put("/v1/inhibitions/province", json={"under": "38"})
    child = an_episode()
    await ops.handle(child.fell_behind())
    assert await told_of(ops, child) == []
    assert (await ops.client.delete("/v1/inhibitions/province")).status_code == 204
    assert (await ops.client.delete("/v1/inhibitions/province")).status_code == 404
    await clock_looks(ops)
    assert await told_of(ops, child) == ["raised"]


async def test_an_end_beside_which_the_child_was_withheld_is_found_after_some_minutes(
    ops: NotificationsService,
) -> None:
    parent, child = an_insurance_unit(), an_episode()
    await ops.handle(parent.fell_behind(), child.fell_behind())
    await ops.handle(parent.recovered())
    later = ops.clock.now() + timedelta(minutes=10)
    await ops.execute("UPDATE hushed_alerts SET check_at = :later", later=later)
    await clock_looks(ops)
    assert await told_of(ops, child) == []
    ops.advance(minutes=10)
    await clock_looks(ops)
    assert await told_of(ops, child) == ["raised"]


async def test_what_a_silence_hushes_too_is_told_when_both_are_over(ops: NotificationsService) -> None:
    parent, child = an_insurance_unit(), an_episode()
    await ops.handle(parent.fell_behind())
    await silence(ops, under="15142")
    await ops.handle(child.fell_behind())
    await ops.handle(parent.recovered())
    await clock_looks(ops)
    assert await told(ops) == ["raised", "resolved"]
    ops.advance(hours=2)
    await clock_looks(ops)
    assert await told_of(ops, child) == ["raised"]


async def test_inhibitions_are_listed_and_a_unit_that_is_not_registered_may_still_be(ops: NotificationsService) -> None:
    answer = await ops.client.put("/v1/inhibitions/other", json={"under": "99"})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "not-known-yet")
    await ops.client.put("/v1/inhibitions/second", json={"under": "BHXH-CT"})
    page = (await ops.client.get("/v1/inhibitions", params={"limit": 1})).json()
    rest = (await ops.client.get("/v1/inhibitions", params={"after": page["next"]})).json()
    assert [each["name"] for each in page["items"] + rest["items"]] == ["province", "second"]
