"""Codes that differ only in case are one."""

from __future__ import annotations

from datetime import date

from tests.targets_api.builders import HEALTH, TargetsService, a_target_body, a_unit, sign_ups


async def test_a_code_is_found_whatever_its_case(service: TargetsService) -> None:
    await service.handle([a_unit("V-1", "15142", "village"), *sign_ups(3, unit_code="V-1")])
    for path in ("units/v-1", "organisations/ct", "collectors/ct-07"):
        assert (await service.progress(path))["new"] == 3
    children = await service.progress("units/cs-ct/children")
    assert {item["unit"]["code"] for item in children["items"]} == {"15142", "15127"}
    assert (await service.http.get("/v1/progress/units/v-2", params={"scheme": HEALTH})).status_code == 404


async def test_targets_and_baselines_are_set_on_the_registered_code(service: TargetsService) -> None:
    target = await service.target(scope={"organisation_code": "ct", "collector_code": "ct-07"})
    assert (target["scope"]["organisation_code"], target["scope"]["collector_code"]) == ("CT", "CT-07")
    again = await service.http.post(
        "/v1/targets", json=a_target_body(scope={"organisation_code": "CT", "collector_code": "CT-07"})
    )
    assert (again.status_code, again.json()["id"]) == (200, target["id"])
    body = {"scheme": HEALTH, "on": date(2025, 10, 24).isoformat(), "population": 9, "covered": 3}
    answer = await service.http.put("/v1/units/cs-ct/baselines", json=body)
    assert (answer.status_code, answer.json()["unit_code"]) == (201, "CS-CT")
    listed = await service.http.get("/v1/targets", params={"collector_code": "ct-07"})
    assert [each["id"] for each in listed.json()["items"]] == [target["id"]]
