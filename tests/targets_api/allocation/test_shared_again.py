"""Targets that are shared out already: shares are replaced with a reason, and their tree shows whether they add up."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import httpx

from targets_api.main import create_app
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.allocation.test_sharing_out import problem, share_out, whole_of
from tests.targets_api.builders import CAM_THACH, TargetsService

WITH_REASON = {"replace": True, "version": 1, "reason": "The district's plan was changed."}


async def tree_of(service: TargetsService, target: dict[str, Any]) -> dict[str, Any]:
    """The tree of a target."""
    answer = await service.http.get(f"/v1/targets/{target['id']}/tree")
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def ids(answer: httpx.Response) -> dict[str, str]:
    """The ids of shares by their units."""
    return {share["scope"]["unit_code"]: share["target_id"] for share in answer.json()["shares"]}


async def change(service: TargetsService, target_id: str, what: str, **body: Any) -> None:
    """Revise or withdraw a target that nobody has changed before."""
    said = {"version": 1, "reason": "The plan was changed.", **body}
    answer = await service.http.post(f"/v1/targets/{target_id}/{what}", json=said)
    assert answer.status_code == 200, answer.text


async def test_other_shares_are_refused_with_those_that_stand(service: TargetsService) -> None:
    whole = await whole_of(service)
    first = await share_out(service, whole)
    answer = await share_out(service, whole, pinned={CAM_THACH: 200})
    assert problem(answer)[:2] == (409, "already-shared")
    assert answer.json()["detail"] == "2 shares stand, which sum to 300: unit 15127: 150; unit 15142: 150"
    assert (await share_out(service, whole)).json() == first.json()
    preview = await share_out(service, whole, pinned={CAM_THACH: 200}, dry_run=True)
    assert (preview.status_code, ids(preview)) == (200, ids(first))


async def test_shares_are_replaced_with_a_reason(service: TargetsService) -> None:
    whole = await whole_of(service)
    first = await share_out(service, whole)
    by_weights = {"by": "weights", "weights": {CAM_THACH: 2, "15127": 1}}
    second = await share_out(service, whole, **by_weights, **WITH_REASON)
    assert (second.status_code, ids(second)) == (201, ids(first))
    again = await share_out(service, whole, **by_weights)
    assert (again.status_code, again.json()) == (200, second.json())
    third = await share_out(service, whole, **{**by_weights, "weights": {"15142-01": 1, "15127": 2}}, **WITH_REASON)
    assert ids(third)["15127"] == ids(first)["15127"]
    revised = await service.published("drive.target.revised")
    values = [(event.data.scope.unit_code, event.data.value_before, event.data.value) for event in revised]
    assert values == [("15127", 150, 100), (CAM_THACH, 150, 200), ("15127", 100, 200)]
    [withdrawn] = await service.published("drive.target.withdrawn")
    assert str(withdrawn.data.target_id) == ids(first)[CAM_THACH]
    reasons = await service.rows("SELECT DISTINCT reason FROM target_changes")
    assert [row.reason for row in reasons] == [WITH_REASON["reason"]]
    tree = await tree_of(service, whole)
    assert (tree["adds_up"], tree["target"]["shared"]) == (True, 300)


async def test_of_two_ways_to_share_out_at_once_one_is_set(service: TargetsService) -> None:
    whole = await whole_of(service)
    ways = [{"pinned": {CAM_THACH: n}} for n in (100, 120, 140)]
    answers = await asyncio.gather(*(share_out(service, whole, **way) for way in ways))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert (await tree_of(service, whole))["target"]["shared"] == 300


async def test_a_tree_shows_shares_of_shares_and_where_they_no_longer_add_up(service: TargetsService) -> None:
    whole = await whole_of(service)
    communes = ids(await share_out(service, whole))
    villages = ids(await share_out(service, {"id": communes[CAM_THACH]}))
    tree = await tree_of(service, whole)
    assert (tree["adds_up"], tree["differences"]) == (True, [])
    of_commune = next(node for node in tree["target"]["shares"] if node["target_id"] == communes[CAM_THACH])
    assert (of_commune["persons"], of_commune["shared"], of_commune["differs_by"]) == (150, 150, 0)
    assert {node["target_id"]: node["persons"] for node in of_commune["shares"]} == dict.fromkeys(villages.values(), 75)
    leaf = of_commune["shares"][0]
    assert (leaf["shared"], leaf["differs_by"], leaf["shares"]) == (None, None, [])

    await change(service, whole["id"], "revision", value=330, **{"from": "2025-11-03"})
    await change(service, villages["15142-01"], "withdrawal")
    tree = await tree_of(service, whole)
    found = {each["target_id"]: (each["persons"], each["shared"], each["differs_by"]) for each in tree["differences"]}
    assert (tree["adds_up"], found) == (
        False,
        {whole["id"]: (330, 300, -30), communes[CAM_THACH]: (150, 75, -75)},
    )


async def test_a_share_that_was_withdrawn_is_in_the_tree_while_shares_of_it_stand(service: TargetsService) -> None:
    whole = await whole_of(service)
    communes = ids(await share_out(service, whole))
    await share_out(service, {"id": communes[CAM_THACH]})
    for commune in communes.values():
        await change(service, commune, "withdrawal")
    [node] = (await tree_of(service, whole))["target"]["shares"]
    assert (node["target_id"], node["withdrawn_on"]) == (communes[CAM_THACH], "2025-10-25")
    assert (node["persons"], node["shared"], node["differs_by"]) == (0, 150, 150)


async def test_the_tree_of_coverage_follows_its_baseline(service: TargetsService) -> None:
    await service.baseline(date(2025, 10, 24), unit="CS-CT")
    whole = await whole_of(service, measure="coverage", value=0.9515)
    await share_out(service, whole)
    assert (await tree_of(service, whole))["adds_up"]
    await service.baseline(date(2025, 10, 24), covered=19_802, unit="CS-CT")
    [difference] = (await tree_of(service, whole))["differences"]
    assert (difference["persons"], difference["shared"], difference["differs_by"]) == (5601, 5701, 100)


async def test_an_organisation_sees_the_tree_of_its_own_targets_alone(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    own = await whole_of(service, scope={"organisation_code": "CT"})
    await share_out(service, own, to="collectors")
    others = await whole_of(service)
    ct = await client_for(create_app(service.runtime), token_for(service.runtime, org="CT", scope="progress:own"))
    seen = await ct.get(f"/v1/targets/{own['id']}/tree")
    assert seen.json() == await tree_of(service, own)
    assert len(seen.json()["target"]["shares"]) == 2
    assert (await ct.get(f"/v1/targets/{others['id']}/tree")).status_code == 404
