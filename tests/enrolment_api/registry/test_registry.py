"""The registry is written by idempotent PUTs, and publishes each change once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from tests.enrolment_api.conftest import Service, a_sign_up, post

UNIT = "drive.registry.unit.v1"
PROVINCE = {"name": "Tỉnh Thanh Hóa", "level": "province"}


async def facts(service: Service, event_type: str) -> list[dict[str, Any]]:
    """The data of all events of a type."""
    return [json.loads(body)["data"] for body in await service.events(event_type)]


async def test_unit_is_made_changed_and_left_as_it_is(empty_service: Service) -> None:
    ops = empty_service.ops
    made = await ops.put("/v1/units/38", json=PROVINCE)
    same = await ops.put("/v1/units/38", json=PROVINCE)
    changed = await ops.put("/v1/units/38", json=PROVINCE | {"name": "Thanh Hoá"})
    assert [a.status_code for a in (made, same, changed)] == [201, 200, 200]
    assert [a.json()["version"] for a in (made, same, changed)] == [1, 1, 2]
    published = await facts(empty_service, UNIT)
    assert [(unit["name"], unit["version"]) for unit in published] == [("Tỉnh Thanh Hóa", 1), ("Thanh Hoá", 2)]
    assert (await ops.get("/v1/units/38")).json() == changed.json()


async def test_twenty_puts_of_one_unit_at_once_make_it_once(empty_service: Service) -> None:
    answers = await asyncio.gather(*(empty_service.ops.put("/v1/units/38", json=PROVINCE) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len(await facts(empty_service, UNIT)) == 1


async def test_organisation_and_collector_are_published_without_names_of_people(service: Service) -> None:
    assert await facts(service, "drive.registry.organisation.v1") == [
        {"code": "CT", "name": "Bưu điện CT", "parent_code": None, "version": 1},
        {"code": "NL", "name": "Bưu điện NL", "parent_code": None, "version": 1},
    ]
    assert await facts(service, "drive.registry.collector.v1") == [
        {"code": "CT-07", "organisation_code": "CT", "version": 1},
        {"code": "NL-01", "organisation_code": "NL", "version": 1},
    ]


async def test_import_loads_the_province_once(empty_service: Service) -> None:
    first = await empty_service.ops.post("/v1/units/import", json={"province_code": "38"})
    again = await empty_service.ops.post("/v1/units/import", json={"province_code": "38"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {"province_code": "38", "made": 167, "changed": 0, "same": 0}
    assert again.json() == {"province_code": "38", "made": 0, "changed": 0, "same": 167}
    published = await facts(empty_service, UNIT)
    assert len(published) == 167
    assert published[0]["level"] == "province"
    assert (await empty_service.ct.get("/v1/units/15142")).json()["name"] == "Xã Cẩm Thạch"


async def test_import_puts_a_commune_without_a_parent_under_its_province(empty_service: Service) -> None:
    ops = empty_service.ops
    async with empty_service.runtime.database.write() as work:  # as the version before registered it
        await work.execute(text("INSERT INTO units VALUES ('15142', 'Xã Cẩm Thạch', 'commune', NULL, 1)"))
    imported = await ops.post("/v1/units/import", json={"province_code": "38"})
    assert (imported.status_code, imported.json()["changed"]) == (201, 1)
    assert (await ops.get("/v1/units/15142")).json()["parent_code"] == "38"


async def test_import_leaves_communes_under_their_insurance_unit(empty_service: Service) -> None:
    ops = empty_service.ops
    await ops.post("/v1/units/import", json={"province_code": "38"})
    office = {"name": "BHXH cơ sở Cẩm Thủy", "level": "insurance_unit", "parent_code": "38"}
    await ops.put("/v1/units/BHXH-CT", json=office)
    placed = {"name": "Xã Cẩm Thạch", "level": "commune", "parent_code": "BHXH-CT"}
    assert (await ops.put("/v1/units/15142", json=placed)).json()["version"] == 2
    again = await ops.post("/v1/units/import", json={"province_code": "38"})
    assert again.json()["same"] == 167
    assert (await ops.get("/v1/units/15142")).json()["parent_code"] == "BHXH-CT"


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/units/x", {"name": "X", "level": "village", "parent_code": "99999"}, "/parent_code"),
        ("/v1/units/x", {"name": "X", "level": "commune", "parent_code": "15142"}, "/parent_code"),
        ("/v1/units/x", {"name": "X", "level": "province", "parent_code": "38"}, "/parent_code"),
        ("/v1/units/x", {"name": "X", "level": "district"}, "/level"),
        ("/v1/units/x", {"name": "X\x00", "level": "village"}, "/name"),
        ("/v1/units/x", {"name": "", "level": "village"}, "/name"),
        ("/v1/units/x", {"level": "village"}, "/name"),
        ("/v1/units/x", {"name": "X", "level": "village", "more": 1}, "/more"),
        ("/v1/units/a%20b", {"name": "X", "level": "village"}, "/path/code"),
        ("/v1/units/%00", {"name": "X", "level": "village"}, "/path/code"),
        ("/v1/organisations/x", {"name": "X", "parent_code": "none"}, "/parent_code"),
        ("/v1/organisations/x", {"name": "X", "parent_code": "x"}, "/parent_code"),
        ("/v1/collectors/x", {"name": "X", "organisation_code": "none"}, "/organisation_code"),
        ("/v1/collectors/x", {"name": "X"}, "/organisation_code"),
    ],
)
async def test_wrong_entry_is_refused(service: Service, path: str, body: dict[str, Any], pointer: str) -> None:
    answer = await service.ops.put(path, json=body)
    assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, [pointer])


@pytest.mark.parametrize("code", ["99", "1", 38, None])
async def test_import_of_no_province_is_refused(service: Service, code: Any) -> None:
    answer = await service.ops.post("/v1/units/import", json={"province_code": code})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/province_code")


async def test_level_that_units_below_contradict_is_refused(service: Service) -> None:
    body = {"name": "Xã Cẩm Thạch", "level": "village", "parent_code": "38"}
    answer = await service.ops.put("/v1/units/15142", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/level")


async def test_a_unit_is_not_detached_by_a_put_without_its_parent(service: Service) -> None:
    answer = await service.ops.put("/v1/units/15142-01", json={"name": "Thôn Mới", "level": "village"})
    assert (answer.status_code, answer.json()["type"]) == (422, "http://test/problems/parent-required")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/parent_code"]
    assert (await service.ops.get("/v1/units/15142-01")).json()["parent_code"] == "15142"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Bưu\u00a0điện  Cẩm\u00a0Thủy", "Bưu điện Cẩm Thủy"),
        ("Bu\u031bu die\u0323\u0302n", "Bưu diện"),
        ("123", None),
        ("Nguy\ufffdn", None),
        ("two\nlines", None),
    ],
)
async def test_names_in_the_registry_follow_the_rules_of_peoples_names(
    service: Service, name: str, kept: str | None
) -> None:
    for path, body in (
        ("units/38", {"level": "province"}),
        ("organisations/CT", {}),
        ("collectors/CT-07", {"organisation_code": "CT"}),
    ):
        answer = await service.ops.put(f"/v1/{path}", json={"name": name, **body})
        if kept is None:
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/name")
        else:
            assert (answer.status_code, answer.json()["name"]) == (200, kept)


async def test_organisations_cannot_form_a_cycle(service: Service) -> None:
    assert (await service.ops.put("/v1/organisations/NL", json={"name": "NL", "parent_code": "CT"})).status_code == 200
    answer = await service.ops.put("/v1/organisations/CT", json={"name": "CT", "parent_code": "NL"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/parent_code")


async def test_organisations_are_one_below_the_other_in_a_hundred_levels(service: Service) -> None:
    async def put(code: str, parent: str | None) -> int:
        answer = await service.ops.put(f"/v1/organisations/{code}", json={"name": code, "parent_code": parent})
        if answer.status_code == 422:
            assert answer.json()["type"] == "http://test/problems/organisation-too-deep"
            assert answer.json()["errors"][0]["pointer"] == "/parent_code"
        return answer.status_code

    chain = [f"O{n}" for n in range(100)]
    assert [await put(code, chain[n - 1] if n else None) for n, code in enumerate(chain)] == [201] * 100
    assert await put("ONE-MORE", "O99") == 422
    assert await put("O0", "CT") == 422
    assert await put("O1", "CT") == 200
    assert await put("O0", "O99") == 422


async def test_units_are_listed_page_by_page_and_filtered(empty_service: Service) -> None:
    await empty_service.ops.post("/v1/units/import", json={"province_code": "38"})
    codes: list[str] = []
    after: dict[str, Any] = {}
    while True:
        page = (await empty_service.ct.get("/v1/units", params={"parent_code": "38", "limit": 100, **after})).json()
        codes += [unit["code"] for unit in page["items"]]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert len(codes) == len(set(codes)) == 166
    assert codes == sorted(codes)
    provinces = (await empty_service.ct.get("/v1/units", params={"level": "province"})).json()
    assert [unit["code"] for unit in provinces["items"]] == ["38"]


async def test_what_is_not_registered_is_not_found(service: Service) -> None:
    for path in ("/v1/units/none", "/v1/organisations/none", "/v1/collectors/none"):
        assert (await service.ct.get(path)).status_code == 404


async def test_collectors_of_others_are_not_shown(service: Service) -> None:
    assert (await service.ct.get("/v1/collectors/CT-07")).json()["name"] == "Lê Thị B"
    assert (await service.ct.get("/v1/collectors/NL-01")).status_code == 404
    assert (await service.ops.get("/v1/collectors/NL-01")).status_code == 200


async def test_codes_that_differ_only_in_case_are_one(service: Service) -> None:
    ops = service.ops
    lower = await ops.put("/v1/collectors/ct-07", json={"name": "Lê Thị C", "organisation_code": "ct"})
    assert (lower.status_code, lower.json()["code"], lower.json()["version"]) == (200, "CT-07", 2)
    assert lower.json()["organisation_code"] == "CT"
    assert (await ops.get("/v1/collectors/cT-07")).json() == lower.json()
    assert (await ops.put("/v1/organisations/ct", json={"name": "CT"})).json()["code"] == "CT"
    body = {"name": "Thôn Một", "level": "village", "parent_code": "15142"}
    assert (await ops.put("/v1/units/T-1", json=body)).status_code == 201
    assert (await ops.put("/v1/units/t-1", json=body | {"name": "Thôn 1"})).json()["code"] == "T-1"
    assert (await ops.get("/v1/units/t-1")).json()["name"] == "Thôn 1"
    answer = await post(service.ct, a_sign_up(unit_code="t-1", collector_code="ct-07"))
    assert (answer.json()["unit_code"], answer.json()["collector_code"]) == ("T-1", "CT-07")
    [event] = await service.events()
    assert '"T-1"' in event
    assert '"CT-07"' in event
    for query in ({"unit_code": "t-1"}, {"unit_code": "t-1", "exact": "true"}, {"collector_code": "ct-07"}):
        assert len((await service.ct.get("/v1/enrolments", params=query)).json()["items"]) == 1
