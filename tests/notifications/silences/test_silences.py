"""Silences: what they hush, and what routes hear when they end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.vocabulary import Scope
from tests.conftest import ClientFor, TokenFor
from tests.notifications.escalations.steps import a_step, from_now_on, put_chain
from tests.notifications.handling.steps import Handled
from tests.notifications.service import NotificationsService, an_episode
from tests.notifications.silences.steps import REASON, a_body, clock_looks, silence, told

MAIL = "ops@example.org"


@pytest.fixture
async def ops(service: NotificationsService) -> NotificationsService:
    """The service with a route for everything."""
    await service.put_route("ops", MAIL)
    return service


async def hushed(service: NotificationsService) -> int:
    """Of how many alerts something was not told."""
    return len(await service.query("SELECT 1 FROM hushed_alerts"))


async def test_an_alert_that_is_silenced_is_raised_and_shown_and_nobody_is_notified(ops: NotificationsService) -> None:
    await silence(ops)
    await ops.handle(an_episode().fell_behind())
    [alert] = await ops.alerts()
    assert (alert["status"], alert["silenced_by"], alert["inhibited_by"]) == ("open", ["storm"], None)
    assert (await ops.client.get(f"/v1/alerts/{alert['id']}")).json()["silenced_by"] == ["storm"]
    assert await told(ops) == []
    assert await ops.outbox_types() == ["drive.alert.raised.v1"]


async def test_when_a_silence_is_over_routes_hear_once_of_what_is_unresolved(ops: NotificationsService) -> None:
    await silence(ops)
    lasting, over = an_episode(), an_episode()
    await ops.handle(lasting.fell_behind(), over.fell_behind(), over.recovered())
    ops.advance(hours=2, seconds=-1)
    await clock_looks(ops)
    assert await told(ops) == []
    ops.advance(seconds=1)
    await asyncio.gather(*(clock_looks(ops) for _ in range(3)))
    await clock_looks(ops)
    [delivery] = await ops.deliveries()
    [alert] = [each for each in await ops.alerts() if each["id"] == delivery["alert_id"]]
    assert (delivery["change"], alert["target_id"], alert["silenced_by"]) == ("raised", str(lasting.target_id), [])
    assert await hushed(ops) == 0


async def test_an_alert_that_cannot_be_read_holds_up_no_other_when_a_silence_is_over(ops: NotificationsService) -> None:
    await silence(ops)
    broken, other = an_episode(), an_episode()
    await ops.handle(broken.fell_behind(), other.fell_behind())
    await ops.execute(
        "UPDATE alerts SET figures = '{}' WHERE target_id = CAST(:target AS uuid)", target=str(broken.target_id)
    )
    ops.advance(hours=2)
    await clock_looks(ops)
    assert (await told(ops), await hushed(ops)) == (["raised"], 1)


async def test_a_silence_that_somebody_ends_is_kept_with_who_and_when_and_routes_hear(
    ops: NotificationsService,
) -> None:
    await silence(ops)
    await ops.handle(an_episode().fell_behind())
    ops.advance(minutes=5)
    answer = await ops.client.delete("/v1/silences/storm")
    assert (answer.status_code, answer.json()["state"]) == (200, "ended")
    await clock_looks(ops)
    assert await told(ops) == ["raised"]
    [kept] = (await ops.client.get("/v1/silences")).json()["items"]
    person = {"subject": "OPS", "name": None, "organisation_code": "OPS"}
    assert (kept["put_by"], kept["ended_by"], kept["reason"]) == (person, person, REASON)
    ops.advance(minutes=5)
    assert (await ops.client.delete("/v1/silences/storm")).json() == kept
    assert (await ops.client.delete("/v1/silences/none")).status_code == 404


async def test_of_an_alert_told_before_the_last_change_is_told_when_the_silence_ends(ops: NotificationsService) -> None:
    lag = an_episode()
    await ops.handle(lag.fell_behind())
    await ops.sender().send_due()
    await silence(ops)
    await ops.handle(lag.worsened())
    assert await told(ops) == ["raised"]
    ops.advance(hours=2)
    await clock_looks(ops)
    assert await told(ops) == ["raised", "worsened"]


async def test_the_end_of_an_alert_is_told_to_who_was_told_of_it_though_it_is_silenced(
    ops: NotificationsService,
) -> None:
    lag, unknown = an_episode(), an_episode()
    await ops.handle(lag.fell_behind())
    await ops.sender().send_due()
    await silence(ops)
    await ops.handle(lag.recovered(), unknown.fell_behind(severity="critical"), unknown.recovered())
    assert await told(ops) == ["raised", "resolved"]
    assert await hushed(ops) == 0


async def test_an_alert_that_somebody_acts_on_meanwhile_is_told_as_acknowledged(ops: NotificationsService) -> None:
    await silence(ops)
    await ops.handle(an_episode().fell_behind())
    [alert] = await ops.alerts()
    answer = await ops.client.post(f"/v1/alerts/{alert['id']}/acknowledgement", json={"version": 1})
    assert answer.json()["silenced_by"] == ["storm"]
    ops.advance(hours=2)
    await clock_looks(ops)
    assert await told(ops) == ["acknowledged"]


@pytest.mark.parametrize(
    ("conditions", "matches"),
    [
        ({"under": "BHXH-CT"}, True),
        ({"under": "BHXH-BT"}, False),
        ({"under": None, "organisation_code": "bd"}, True),
        ({"under": None, "organisation_code": "VNPT"}, False),
        ({"scheme": "household_health"}, True),
        ({"scheme": "voluntary_social"}, False),
        ({"severity": "warning"}, True),
        ({"severity": "critical"}, False),
        ({"begins": 1}, False),
    ],
)
async def test_a_silence_hushes_alerts_for_which_all_of_its_conditions_hold_in_its_time(
    ops: NotificationsService, conditions: dict[str, Any], matches: bool
) -> None:
    await silence(ops, **conditions)
    scope = Scope(unit_code="15142", organisation_code="BD-38")
    await ops.handle(an_episode(scope=scope, organisations=("BD-38", "BD")).fell_behind())
    assert await told(ops) == ([] if matches else ["raised"])


async def test_an_alert_of_two_silences_is_hushed_until_the_last_one_ends(ops: NotificationsService) -> None:
    await silence(ops)
    await silence(ops, "longer", hours=5)
    await ops.handle(an_episode().fell_behind())
    assert [alert["silenced_by"] for alert in await ops.alerts()] == [["longer", "storm"]]
    await ops.client.delete("/v1/silences/longer")
    await clock_looks(ops)
    assert await told(ops) == []
    ops.advance(hours=2)
    await clock_looks(ops)
    assert await told(ops) == ["raised"]


async def test_a_silence_that_is_put_again_with_less_hushes_less(ops: NotificationsService) -> None:
    await silence(ops)
    await ops.handle(an_episode().fell_behind())
    assert (await silence(ops, under="BHXH-BT"))["under"] == "BHXH-BT"
    await clock_looks(ops)
    assert await told(ops) == ["raised"]


async def test_a_route_that_is_put_hears_of_what_is_silenced_when_that_is_over(ops: NotificationsService) -> None:
    await ops.handle(an_episode().fell_behind())
    await silence(ops)
    await ops.put_route("late", "late@example.org")
    assert (await told(ops), await told(ops, "late")) == (["raised"], [])
    ops.advance(hours=2)
    await clock_looks(ops)
    assert (await told(ops), await told(ops, "late")) == (["raised"], ["raised"])


async def test_the_explanation_names_the_silence(ops: NotificationsService) -> None:
    await silence(ops)
    await ops.handle(an_episode().fell_behind())
    [alert] = await ops.alerts()
    answer = await ops.client.get("/v1/routes/explanation", params={"alert_id": alert["id"]})
    [route] = answer.json()["items"]
    assert (route["notified"], route["reason"].startswith("silenced by storm until ")) == (False, True)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"hours": 24 * 91}, "/ends_at"),
        ({"hours": -1}, "/ends_at"),
        ({"begins": -3}, "/ends_at"),
        ({"under": None}, "/under"),
        ({"reason": ""}, "/reason"),
    ],
)
async def test_a_silence_that_cannot_be_meant_is_refused(
    service: NotificationsService, wrong: dict[str, Any], pointer: str
) -> None:
    answer = await service.client.put("/v1/silences/storm", json=a_body(service, **wrong))
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
    assert (await service.client.get("/v1/silences")).json()["items"] == []


async def test_every_field_of_a_silence_that_is_wrong_is_named(service: NotificationsService) -> None:
    answer = await service.client.put("/v1/silences/storm", json=a_body(service, under=None, hours=24 * 91))
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/ends_at", "/under"]


async def test_a_unit_that_is_not_registered_may_still_be(service: NotificationsService) -> None:
    answer = await service.client.put("/v1/silences/storm", json=a_body(service, under="99"))
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "not-known-yet")


async def test_silences_are_listed_with_their_state_and_put_by_who_may_write_alerts(
    service: NotificationsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    assert (await silence(service, "a", begins=1))["state"] == "pending"
    assert (await silence(service, "b"))["state"] == "active"
    service.advance(hours=2)
    page = (await service.client.get("/v1/silences", params={"limit": 1})).json()
    assert [(each["name"], each["state"]) for each in page["items"]] == [("a", "active")]
    rest = (await service.client.get("/v1/silences", params={"after": page["next"]})).json()
    assert [(each["name"], each["state"]) for each in rest["items"]] == [("b", "expired")]
    reader = await client_for(service.app, token_for(service.runtime, org="OPS", scope="alerts:read"))
    assert (await reader.get("/v1/silences")).status_code == 200
    assert (await reader.put("/v1/silences/c", json=a_body(service))).status_code == 403


@pytest.fixture
async def escalated(ops: NotificationsService) -> Handled:
    """An alert that a silence hushes, and a chain, by which the chief is told after an hour, and the director after
    the silence, which takes two hours."""
    for name in ("chief", "director"):
        await ops.put_route(name, f"{name}@example.org", min_level=100)
    await put_chain(ops, a_step("PT1H", "chief"), a_step("PT2H1M", "director"))
    await silence(ops)
    return await Handled(ops).begin(from_now_on(ops))


async def test_a_step_right_after_a_silence_takes_nothing_from_who_is_to_hear_of_what_it_hushed(
    ops: NotificationsService, escalated: Handled
) -> None:
    ops.advance(hours=1)
    await escalated.clock_looks()
    ops.advance(hours=1, minutes=2)
    await escalated.clock_looks()  # before the clock looks at what was hushed
    assert (await told(ops), await told(ops, "chief"), await told(ops, "director")) == ([], [], ["escalated"])
    await clock_looks(ops)
    assert (await told(ops), await told(ops, "chief"), await told(ops, "director")) == (
        ["raised"],
        ["escalated"],
        ["escalated"],
    )


async def test_what_is_told_to_all_right_after_a_silence_takes_nothing_from_routes_of_steps(
    ops: NotificationsService, escalated: Handled
) -> None:
    ops.advance(hours=1)
    await escalated.clock_looks()
    ops.advance(hours=1)
    await ops.handle(escalated.lag.worsened())
    await clock_looks(ops)
    assert (await told(ops), await told(ops, "chief")) == (["worsened"], ["escalated"])


async def test_a_route_that_a_step_has_told_hears_of_an_acknowledgement_when_the_silence_ends(
    ops: NotificationsService,
) -> None:
    await ops.put_route("chief", "chief@example.org", min_level=100)
    await put_chain(ops, a_step("PT1H", "chief"))
    alert = await Handled(ops).begin(from_now_on(ops))
    ops.advance(hours=1)
    await alert.clock_looks()
    await silence(ops)
    await alert.do("acknowledgement")
    ops.advance(hours=2)
    await clock_looks(ops)
    assert await told(ops, "chief") == ["escalated", "acknowledged"]


async def test_a_step_during_a_silence_hides_no_change_from_routes_that_it_does_not_name(
    ops: NotificationsService,
) -> None:
    await ops.put_route("chief", "chief@example.org", min_level=100)
    await put_chain(ops, a_step("PT1H", "chief"), a_step("PT9H", "chief"))
    worse, same = await Handled(ops).begin(from_now_on(ops)), await Handled(ops).begin(from_now_on(ops))
    await silence(ops)
    await ops.handle(worse.lag.worsened())
    ops.advance(hours=1)
    await worse.clock_looks()
    ops.advance(hours=1)
    await clock_looks(ops)
    found = {(row["alert_id"], row["route_name"], row["change"]) for row in await ops.deliveries()}
    assert found == {
        *((alert.id, "ops", "raised") for alert in (worse, same)),
        *((alert.id, "chief", "escalated") for alert in (worse, same)),
        (worse.id, "ops", "worsened"),
    }


async def test_routes_that_an_escalation_names_meanwhile_hear_of_it_when_the_silence_ends(
    ops: NotificationsService,
) -> None:
    await ops.put_route("chief", "chief@example.org", min_level=100)
    chain = {"under": "38", "steps": [{"after": "PT1H", "routes": ["chief"]}]}
    assert (await ops.client.put("/v1/escalations/province", json=chain)).status_code == 201
    await silence(ops)
    alert = await Handled(ops).begin()
    ops.advance(hours=1)
    await alert.clock_looks()
    assert ((await alert.shown())["level"], await told(ops, "chief")) == (1, [])
    ops.advance(hours=1)
    await clock_looks(ops)
    assert (await told(ops), await told(ops, "chief")) == (["raised"], ["escalated"])
