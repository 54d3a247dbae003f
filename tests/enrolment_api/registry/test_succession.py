"""Units end, and others take their place: over HTTP, in what is recorded, and in what is published."""

from __future__ import annotations

import json
from typing import Any

from tests.enrolment_api.conftest import Service, a_sign_up, post, post_batch

UNIT = "drive.registry.unit.v1"
ON = "2025-10-20"
BEFORE = "2025-10-19"
SUCCESSION = {"on": ON, "successors": ["15127"]}


async def a_commune(service: Service, code: str, **changes: Any) -> None:
    body = {"name": f"Xã {code}", "level": "commune", "parent_code": "38"} | changes
    assert (await service.ops.put(f"/v1/units/{code}", json=body)).status_code == 201


async def facts(service: Service) -> list[dict[str, Any]]:
    return [json.loads(body)["data"] for body in await service.events(UNIT)]


async def merge(service: Service, *successors: str) -> None:
    """Cẩm Thạch ends, in favour of these."""
    for code in successors:
        await a_commune(service, code, valid_from=ON)
    answer = await service.ops.post("/v1/units/15142/succession", json={"on": ON, "successors": successors})
    assert answer.status_code == 201, answer.text


async def test_a_unit_ends_once_and_is_published_with_its_successor_and_the_villages_below_it(service: Service) -> None:
    await a_commune(service, "15127", valid_from=ON)
    made = await service.ops.post("/v1/units/15142/succession", json=SUCCESSION)
    again = await service.ops.post("/v1/units/15142/succession", json=SUCCESSION)
    assert (made.status_code, again.status_code) == (201, 200)
    expected = {"valid_from": None, "valid_to": BEFORE, "successors": ["15127"], "parent_code": "38", "version": 2}
    assert made.json() == again.json() == made.json() | expected
    assert (await service.ct.get("/v1/units/15142")).json() == made.json()
    ended, village = (await facts(service))[-2:]
    assert (ended["valid_to"], ended["successors"], ended["parent_code"]) == (BEFORE, ["15127"], "38")
    assert (village["code"], village["parent_code"], village["version"]) == ("15142-01", "15127", 2)


async def test_another_end_is_a_conflict(service: Service) -> None:
    await merge(service, "15127")
    await a_commune(service, "15148")
    for body in ({"on": "2025-10-21", "successors": ["15127"]}, {"on": ON, "successors": ["15148"]}):
        answer = await service.ops.post("/v1/units/15142/succession", json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, "http://test/problems/unit-already-ended")
        assert "15127" in answer.json()["detail"]


async def test_a_wrong_succession_is_refused_where_it_is_wrong(service: Service) -> None:
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"on": ON, "successors": []}, 422, "/successors"),
        ({"on": ON, "successors": ["none"]}, 422, "/successors/0"),
        ({"on": ON, "successors": ["15142"]}, 422, "/successors/0"),
        ({"on": ON, "successors": ["15127", "15127"]}, 422, "/successors/1"),
        ({"on": ON, "successors": ["38"]}, 422, "/successors/0"),
        ({"successors": ["15142-01"]}, 422, "/on"),
    ]
    for body, status, pointer in wrong:
        answer = await service.ops.post("/v1/units/15142/succession", json=body)
        assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (status, [pointer])
    assert (await service.ops.post("/v1/units/none/succession", json=SUCCESSION)).status_code == 404
    assert (await service.ct.post("/v1/units/15142/succession", json=SUCCESSION)).status_code == 403


async def test_sign_ups_go_to_the_successor_from_the_day_on_and_say_so(service: Service) -> None:
    await merge(service, "15127")
    before, after, village = await post_batch(
        service.ct,
        a_sign_up(1, signed_on=BEFORE),
        a_sign_up(2, signed_on=ON),
        a_sign_up(3, signed_on=ON, unit_code="15142-01"),
    )
    found = [(await service.ct.get(f"/v1/enrolments/{item['id']}")).json() for item in (before, after, village)]
    assert [each["unit_code"] for each in found] == ["15142", "15127", "15142-01"]
    assert [[w["pointer"] for w in each["warnings"]] for each in found] == [[], ["/unit_code"], []]
    assert all(code in found[1]["warnings"][0]["detail"] for code in ("15142", "15127"))
    recorded = [json.loads(body)["data"]["unit_code"] for body in await service.events()]
    assert sorted(recorded) == ["15127", "15142", "15142-01"]


async def test_a_repeat_is_answered_as_the_first_time(service: Service) -> None:
    first = await post(service.ct, a_sign_up(signed_on=ON))
    await merge(service, "15127")
    again = await post(service.ct, a_sign_up(signed_on=ON))
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    later = await post(service.ct, a_sign_up(2, signed_on=ON), "key-2")
    repeat = await post(service.ct, a_sign_up(2, signed_on=ON), "key-2")
    assert repeat.json() == later.json() == later.json() | {"unit_code": "15127"}


async def test_of_several_successors_the_sign_up_has_to_name_one(service: Service) -> None:
    await merge(service, "15127", "15148")
    answer = await post(service.ct, a_sign_up(signed_on=ON))
    assert (answer.status_code, answer.json()["type"]) == (422, "http://test/problems/unit-ended")
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/unit_code"
    assert "15127, 15148" in error["detail"]
    assert (await post(service.ct, a_sign_up(signed_on=BEFORE), "key-2")).status_code == 201
    assert (await post(service.ct, a_sign_up(2, signed_on=ON, unit_code="15148"), "key-3")).status_code == 201


async def test_a_unit_takes_no_sign_ups_of_days_before_it_existed(service: Service) -> None:
    await a_commune(service, "15127", valid_from=ON)
    answer = await post(service.ct, a_sign_up(signed_on=BEFORE, unit_code="15127"))
    assert (answer.status_code, answer.json()["type"]) == (422, "http://test/problems/unit-not-yet-valid")


async def test_a_correction_is_placed_by_its_day(service: Service) -> None:
    await merge(service, "15127")
    enrolment = (await post(service.ct, a_sign_up(signed_on=ON))).json()
    path = f"/v1/enrolments/{enrolment['id']}/correction"
    body = {"version": 1, "reason": "The day was wrong", "changes": {"signed_on": BEFORE}}
    earlier = await service.ct.post(path, json=body)
    assert (earlier.json()["unit_code"], earlier.json()["warnings"]) == ("15142", [])
    back = await service.ct.post(path, json=body | {"version": 2, "changes": {"signed_on": ON}})
    assert (back.json()["unit_code"], [w["pointer"] for w in back.json()["warnings"]]) == ("15127", ["/unit_code"])
    history = (await service.ct.get(f"/v1/enrolments/{enrolment['id']}/history")).json()["items"]
    assert [item["changed"] for item in history[-2:]] == [["unit_code", "signed_on"]] * 2


async def test_units_below_one_with_several_successors_stay_until_they_are_moved(service: Service) -> None:
    await merge(service, "15127", "15148")
    village = {"name": "Thôn 1", "level": "village", "parent_code": "15142"}
    assert (await service.ops.put("/v1/units/15142-01", json=village)).status_code == 200
    assert (await post(service.ct, a_sign_up(signed_on=ON, unit_code="15142-01"))).status_code == 201
    refused = await service.ops.put("/v1/units/15142-02", json=village)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/parent_code")
    moved = await service.ops.put("/v1/units/15142-01", json=village | {"parent_code": "15148"})
    assert (moved.status_code, moved.json()["parent_code"]) == (200, "15148")


async def test_registering_an_ended_unit_again_leaves_it_ended(service: Service) -> None:
    await merge(service, "15127")
    body = {"name": "Xã Cẩm Thạch (cũ)", "level": "commune", "parent_code": "38"}
    answer = await service.ops.put("/v1/units/15142", json=body)
    assert (answer.json()["name"], answer.json()["valid_to"]) == ("Xã Cẩm Thạch (cũ)", BEFORE)
    refused = await service.ops.put("/v1/units/15142", json=body | {"valid_from": ON})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/valid_from")
    village = await service.ops.put("/v1/units/15127", json=body | {"level": "village"})
    assert (village.status_code, village.json()["errors"][0]["pointer"]) == (409, "/level")


async def test_units_are_listed_as_of_a_day(service: Service) -> None:
    await merge(service, "15127")
    for day, codes in ((BEFORE, ["15142"]), (ON, ["15127"])):
        page = (await service.ct.get("/v1/units", params={"level": "commune", "on": day})).json()
        assert [unit["code"] for unit in page["items"]] == codes


async def test_the_official_list_keeps_days_and_ends(service: Service) -> None:
    await merge(service, "15127")
    await service.ops.post("/v1/units/import", json={"province_code": "38"})
    for code, first, last in (("15127", ON, None), ("15142", None, BEFORE)):
        unit = (await service.ct.get(f"/v1/units/{code}")).json()
        assert (unit["valid_from"], unit["valid_to"]) == (first, last)
