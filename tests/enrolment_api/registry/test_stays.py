"""Collectors move between organisations, and a sign-up belongs to where the collector was on its day."""

from __future__ import annotations

import json
from typing import Any

from httpx import Response

from tests.enrolment_api.conftest import Service, a_sign_up, post

MOVE = "2025-10-20"
BEFORE = "2025-10-19"
COLLECTOR = {"name": "Lê Thị B", "organisation_code": "NL"}


async def put(service: Service, **changes: Any) -> Response:
    return await service.ops.put("/v1/collectors/CT-07", json=COLLECTOR | changes)


async def test_a_move_is_made_once_shown_and_published(service: Service) -> None:
    moved = await put(service, **{"from": MOVE})
    again = await put(service, **{"from": MOVE})
    assert (moved.status_code, again.status_code) == (200, 200)
    stays = [{"organisation_code": "CT", "from": None, "until": BEFORE}]
    expected = {"organisation_code": "NL", "from": MOVE, "version": 2, "stays": stays}
    assert moved.json() == again.json() == {"code": "CT-07", "name": "Lê Thị B"} | expected
    assert (await service.nl.get("/v1/collectors/CT-07")).json() == moved.json()
    assert (await service.ct.get("/v1/collectors/CT-07")).status_code == 404
    *_, last = [json.loads(body)["data"] for body in await service.events("drive.registry.collector.v1")]
    assert last == {"code": "CT-07", "organisation_code": "NL", "version": 2, "since": MOVE}


async def test_each_organisation_sends_the_sign_ups_of_its_days(service: Service) -> None:
    await put(service, **{"from": MOVE})
    late = await post(service.ct, a_sign_up(1, signed_on=BEFORE))
    new = await post(service.nl, a_sign_up(2, signed_on=MOVE))
    assert [(a.status_code, a.json()["organisation_code"]) for a in (late, new)] == [(201, "CT"), (201, "NL")]
    for client, day, own_days in ((service.ct, MOVE, "until 2025-10-19"), (service.nl, BEFORE, "from 2025-10-20 on")):
        refused = await post(client, a_sign_up(3, signed_on=day), f"key-{day}")
        assert refused.json()["type"] == "http://test/problems/collector-of-another-organisation"
        assert refused.json()["errors"][0]["pointer"] == "/collector_code"
        assert own_days in refused.json()["detail"]


async def test_a_move_without_a_day_is_one_of_today(service: Service) -> None:
    assert (await put(service)).json()["from"] == "2025-10-25"


async def test_moves_come_in_the_order_of_their_days_and_not_before(service: Service) -> None:
    await put(service, **{"from": MOVE})
    for day, status, problem in (("2025-10-19", 409, "move-before-last"), ("2025-10-26", 422, "move-in-future")):
        answer = await put(service, organisation_code="CT", **{"from": day})
        assert (answer.status_code, answer.json()["type"]) == (status, f"http://test/problems/{problem}")
        assert answer.json()["errors"][0]["pointer"] == "/from"


async def test_a_correction_belongs_to_the_organisation_of_its_day(service: Service) -> None:
    enrolment = (await post(service.ct, a_sign_up(signed_on=BEFORE))).json()
    await put(service, **{"from": MOVE})
    path = f"/v1/enrolments/{enrolment['id']}/correction"
    body = {"version": 1, "reason": "The day was wrong", "changes": {"signed_on": MOVE}}
    refused = await service.ct.post(path, json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/changes/collector_code")
    earlier = await service.ct.post(path, json=body | {"changes": {"signed_on": "2025-10-18"}})
    assert (earlier.status_code, earlier.json()["organisation_code"]) == (200, "CT")


async def test_a_move_that_is_corrected_refuses_no_correction_of_another_field(service: Service) -> None:
    await put(service, **{"from": MOVE})
    path = f"/v1/enrolments/{(await post(service.nl, a_sign_up(signed_on=MOVE))).json()['id']}/correction"
    await put(service, organisation_code="CT", **{"from": MOVE})
    body = {"version": 1, "reason": "The receipt was wrong", "changes": {"receipt_no": "C45-000099"}}
    corrected = await service.nl.post(path, json=body)
    assert (corrected.status_code, corrected.json()["organisation_code"]) == (200, "NL")
    other_day = body | {"version": 2, "changes": {"signed_on": "2025-10-21"}}
    refused = await service.nl.post(path, json=other_day)
    assert refused.json()["type"] == "http://test/problems/collector-of-another-organisation"
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/changes/collector_code"]
