"""Targets that are set as shares of others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.targets_api.builders import CAM_THACH, TargetsService, a_target_body


async def test_a_share_is_shown_listed_and_published_with_its_target(service: TargetsService) -> None:
    whole = await service.target(scope={"unit_code": "CS-CT"}, value=300)
    share = await service.target(parent_id=whole["id"])
    assert (whole["parent_id"], share["parent_id"]) == (None, whole["id"])
    listed = (await service.http.get("/v1/targets", params={"parent_id": whole["id"]})).json()["items"]
    assert listed == [share]
    of_whole, of_share = await service.published("drive.target.set")
    assert (of_whole.data.parent_id, str(of_share.data.parent_id)) == (None, whole["id"])
    assert "parent_id" not in of_whole.model_dump(mode="json")["data"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"scope": {"unit_code": "CS-CT"}}, "/scope"),
        ({"scope": {"organisation_code": "CT"}}, "/scope"),
        ({"measure": "renewal"}, "/measure"),
        ({"ends_on": "2025-11-15"}, "/ends_on"),
        ({"parent_id": "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01"}, "/parent_id"),
    ],
)
async def test_what_is_no_part_of_a_target_is_not_set_as_its_share(
    service: TargetsService, changes: dict[str, Any], pointer: str
) -> None:
    whole = await service.target(scope={"unit_code": "CS-CT"}, value=300)
    answer = await service.http.post("/v1/targets", json=a_target_body(**{"parent_id": whole["id"], **changes}))
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])


async def test_a_target_that_stands_for_itself_does_not_become_a_share(service: TargetsService) -> None:
    whole = await service.target(scope={"unit_code": "CS-CT"}, value=300)
    await service.target(scope={"unit_code": CAM_THACH})
    answer = await service.http.post("/v1/targets", json=a_target_body(parent_id=whole["id"]))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/parent_id")
    assert (await service.http.post("/v1/targets", json=a_target_body())).status_code == 200
