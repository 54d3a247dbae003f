"""Codes of the registry that have not arrived: the same request succeeds once they have."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.targets_api.builders import (
    HEALTH,
    TargetsService,
    a_collector,
    a_target_body,
    a_unit,
    an_organisation,
)

BASELINE = {"scheme": HEALTH, "on": "2025-10-24", "population": 26697, "covered": 19702}


def assert_not_known_yet(answer: httpx.Response, *pointers: str) -> None:
    """The answer may be repeated, says why, and names these fields and no others."""
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "http://test/problems/not-known-yet")
    assert int(answer.headers["retry-after"]) > 0
    assert [error["pointer"] for error in problem["errors"]] == list(pointers)
    assert "registered just now? It arrives within moments: send the same request again" in problem["detail"]
    assert "check the code" in problem["detail"]


@pytest.mark.parametrize(
    ("scope", "pointers"),
    [
        ({"unit_code": "NEW"}, ["/scope/unit_code"]),
        ({"organisation_code": "NEW"}, ["/scope/organisation_code"]),
        ({"collector_code": "NEW"}, ["/scope/collector_code"]),
        ({"unit_code": "NEW", "organisation_code": "CT"}, ["/scope/unit_code"]),
        (
            {"unit_code": "NEW", "organisation_code": "NEW", "collector_code": "NEW"},
            ["/scope/unit_code", "/scope/organisation_code", "/scope/collector_code"],
        ),
    ],
)
async def test_a_target_of_codes_that_have_not_arrived_is_set_once_they_have(
    service: TargetsService, scope: dict[str, str], pointers: list[str]
) -> None:
    body = a_target_body(scope=scope)
    assert_not_known_yet(await service.http.post("/v1/targets", json=body), *pointers)
    assert not await service.rows("SELECT id FROM targets")
    await service.handle([a_unit("NEW", "CS-CT"), an_organisation("NEW"), a_collector("NEW", "NEW")])
    assert (await service.http.post("/v1/targets", json=body)).status_code == 201


async def test_a_baseline_of_a_unit_that_has_not_arrived_is_set_once_it_has(service: TargetsService) -> None:
    assert_not_known_yet(await service.http.put("/v1/units/NEW/baselines", json=BASELINE), "/path/code")
    await service.handle([a_unit("NEW", "CS-CT")])
    assert (await service.http.put("/v1/units/NEW/baselines", json=BASELINE)).status_code == 201


async def test_a_collector_is_not_taken_for_a_strangers_before_its_organisation_has_arrived(
    service: TargetsService,
) -> None:
    await service.handle([a_collector("NEW-01", "NEW")])
    body = a_target_body(scope={"organisation_code": "VNPOST", "collector_code": "NEW-01"})
    assert_not_known_yet(await service.http.post("/v1/targets", json=body), "/scope/collector_code")
    await service.handle([an_organisation("NEW", "BETWEEN")])
    assert_not_known_yet(await service.http.post("/v1/targets", json=body), "/scope/collector_code")
    await service.handle([an_organisation("BETWEEN", "VNPOST")])
    assert (await service.http.post("/v1/targets", json=body)).status_code == 201


@pytest.mark.parametrize("wrong", [{"value": 0}, {"measure": "coverage", "value": 95.15}, {"ends_on": "2025-11-02"}])
async def test_what_is_wrong_whatever_may_arrive_is_not_to_be_repeated(
    service: TargetsService, wrong: dict[str, Any]
) -> None:
    answer = await service.http.post("/v1/targets", json=a_target_body(scope={"unit_code": "NEW"}, **wrong))
    assert answer.status_code == 422


@pytest.mark.parametrize("owner", ["units/NEW", "units/NEW/children", "organisations/NEW", "collectors/NEW"])
async def test_progress_of_a_code_that_has_not_arrived_is_not_found_and_says_that_it_may_come(
    service: TargetsService, owner: str
) -> None:
    answer = await service.http.get(f"/v1/progress/{owner}", params={"scheme": HEALTH})
    assert (answer.status_code, answer.json()["type"]) == (404, "http://test/problems/no-such-owner")
    assert "check the code; what was registered just now arrives within moments" in answer.json()["detail"]
    await service.handle([a_unit("NEW", "CS-CT"), an_organisation("NEW"), a_collector("NEW", "NEW")])
    assert (await service.http.get(f"/v1/progress/{owner}", params={"scheme": HEALTH})).status_code == 200
