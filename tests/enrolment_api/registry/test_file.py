"""A CSV file registers units, organisations and collectors, whatever the order of its rows."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from httpx import Response
from openpyxl import Workbook

from services.web.table_body import XLSX
from tests.enrolment_api.conftest import Service

HEADER = "kind,code,name,level,parent_code,organisation_code,valid_from,from"
REGISTRY = [
    HEADER,
    "collector,CT-07,Lê Thị B,,,NL,,2025-10-20",
    "collector,CT-07,Lê Thị B,,,CT,,",
    "unit,15142-01,Thôn 1,village,15142,,,",
    "organisation,CT,Bưu điện Cẩm Thủy,,VNPOST,,,",
    "organisation,NL,Bưu điện Ngọc Lặc,,VNPOST,,,",
    "organisation,VNPOST,VNPost Thanh Hóa,,,,,",
    "unit,15142,Xã Cẩm Thạch,commune,38,,2025-07-01,",
    "unit,38,Tỉnh Thanh Hóa,province,,,,",
]


async def send(service: Service, *lines: str, kind: str = "text/csv", **query: str) -> Response:
    content = "\r\n".join(lines).encode()
    return await service.ops.post("/v1/registry/imports", content=content, params=query, headers={"Content-Type": kind})


def counts(answer: Response) -> dict[str, Any]:
    return {name: answer.json()[name] for name in ("rows", "made", "changed", "same", "refused")}


async def test_a_file_registers_everything_once_and_publishes_it(empty_service: Service) -> None:
    first = await send(empty_service, *REGISTRY)
    assert (first.status_code, first.json()["lines"]) == (201, [])
    assert counts(first) == {"rows": 8, "made": 7, "changed": 1, "same": 0, "refused": 0}
    again = await send(empty_service, *REGISTRY, kind="text/csv; charset=UTF-8")
    assert (again.status_code, counts(again)) == (200, {"rows": 8, "made": 0, "changed": 0, "same": 8, "refused": 0})
    collector = (await empty_service.ops.get("/v1/collectors/CT-07")).json()
    assert (collector["organisation_code"], collector["from"], collector["version"]) == ("NL", "2025-10-20", 2)
    assert (await empty_service.ops.get("/v1/units/15142")).json()["valid_from"] == "2025-07-01"
    units = [json.loads(body)["data"]["code"] for body in await empty_service.events("drive.registry.unit.v1")]
    assert units == ["38", "15142", "15142-01"]


async def test_a_dry_run_tells_the_same_and_keeps_nothing(empty_service: Service) -> None:
    tried = await send(empty_service, *REGISTRY, dry_run="true")
    assert (tried.status_code, tried.json()["dry_run"], counts(tried)["made"]) == (200, True, 7)
    assert (await empty_service.ops.get("/v1/units/38")).status_code == 404
    assert await empty_service.events("drive.registry.unit.v1") == []
    assert counts(await send(empty_service, *REGISTRY)) == counts(tried)


async def test_stays_that_are_sent_again_are_the_same(service: Service) -> None:
    names = "kind,code,name,organisation_code,from"
    rows = [f"collector,K-30,Lê Thị D,{stay}" for stay in ("CT,2025-10-01", "NL,2025-10-10", "CT,2025-10-15")]
    first = await send(service, names, *reversed(rows))
    assert counts(first) == {"rows": 3, "made": 1, "changed": 2, "same": 0, "refused": 0}
    again = await send(service, names, *rows)
    assert (again.status_code, counts(again)["same"]) == (200, 3)
    assert (await service.ops.get("/v1/collectors/K-30")).json()["version"] == 3


async def test_an_old_file_moves_no_collector_back(service: Service) -> None:
    names, made = "kind,code,name,organisation_code", "collector,K-31,Lê Thị D,CT"
    await send(service, names, made)
    body = {"name": "Lê Thị D", "organisation_code": "NL", "from": "2025-10-20"}
    moved = await service.ops.put("/v1/collectors/K-31", json=body)
    again = await send(service, names, made)
    assert (again.status_code, counts(again)["same"]) == (200, 1)
    assert (await service.ops.get("/v1/collectors/K-31")).json() == moved.json()


async def test_a_move_in_a_file_needs_its_day(service: Service) -> None:
    answer = await send(service, "kind,code,name,organisation_code", "collector,CT-07,Lê Thị B,NL")
    [refused] = answer.json()["lines"]
    assert refused["problem"]["type"].rpartition("/")[2] == "move-without-day"
    assert [error["pointer"] for error in refused["problem"]["errors"]] == ["/from"]


async def test_a_bad_row_is_named_by_line_and_column_and_the_others_are_registered(service: Service) -> None:
    answer = await send(
        service,
        HEADER,
        "unit,15127,Xã Cẩm Thủy,commune,38,,,",
        "unit,15127,Xã Cẩm Thủy,commune,38,,,",
        "unit,15148,Xã Cẩm Tú,district,38,,,",
        "unit,15163,Xã Cẩm Vân,commune,99,,,",
        "unit,15163-01,Thôn 1,village,15163,,,",
        "organisation,BT,,,,,,",
        "organisation,BT,Bưu điện Bá Thước,,,CT,,",
        "collector,BT-01,Lê Thị B,,,none,,",
        "collector,BT-02,Lê Thị B,,,CT,,20/10/2025",
        "shop,X,X,,,,,",
        "unit,1 2,X,commune,38,,,",
        "unit,15178,Xã Cẩm Tân,commune,38,,,,surplus",
    )
    assert answer.status_code == 207
    assert counts(answer) == {"rows": 12, "made": 1, "changed": 0, "same": 0, "refused": 11}
    found = {
        each["line"]: (each["problem"]["type"].rpartition("/")[2], [e["pointer"] for e in each["problem"]["errors"]])
        for each in answer.json()["lines"]
    }
    assert found == {
        3: ("invalid", ["/code"]),
        4: ("invalid", ["/level"]),
        5: ("unknown-unit", ["/parent_code"]),
        6: ("unknown-unit", ["/parent_code"]),
        7: ("invalid", ["/name"]),
        8: ("invalid", ["/organisation_code"]),
        9: ("unknown-organisation", ["/organisation_code"]),
        10: ("invalid", ["/from"]),
        11: ("invalid", ["/kind"]),
        12: ("invalid", ["/code"]),
        13: ("invalid", [""]),
    }
    assert (await service.ct.get("/v1/units/15127")).status_code == 200


async def test_organisations_of_a_file_cannot_form_a_circle(empty_service: Service) -> None:
    answer = await send(empty_service, "kind,code,name,parent_code", "organisation,A,AA,B", "organisation,B,BB,A")
    assert (answer.status_code, counts(answer)["refused"]) == (207, 2)
    found = [line["problem"]["type"].rpartition("/")[2] for line in answer.json()["lines"]]
    assert found == ["organisation-in-circle"] * 2


async def test_a_file_of_several_pages_is_taken_and_one_of_more_than_20000_rows_is_not(empty_service: Service) -> None:
    rows = [f"unit;V-{n:05d};Thôn {n};village;15142" for n in range(20_000)]
    above = ["unit;15142;Xã Cẩm Thạch;commune;38", "unit;38;Tỉnh Thanh Hóa;province;"]
    names = "kind;code;name;level;parent_code"
    refused = await send(empty_service, names, *rows, *above)
    assert (refused.status_code, "20,000 rows" in refused.json()["detail"]) == (422, True)
    taken = await send(empty_service, names, *rows[:2500], *above)
    assert (taken.status_code, counts(taken)["made"]) == (201, 2502)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("application/json", 415), ("", 415), ("text/csv; charset=utf-16", 415), ("text/csv; header=present", 201)],
)
async def test_only_csv_in_utf_8_is_taken(empty_service: Service, kind: str, status: int) -> None:
    answer = await send(empty_service, *REGISTRY, kind=kind)
    assert answer.status_code == status
    if status == 415:
        assert answer.json()["errors"][0]["pointer"] == "/header/Content-Type"


async def test_only_who_keeps_the_registry_sends_a_file(service: Service) -> None:
    answer = await service.ct.post("/v1/registry/imports", content=b"", headers={"Content-Type": "text/csv"})
    assert answer.status_code == 403


async def test_a_workbook_registers_what_csv_registers(empty_service: Service) -> None:
    workbook = Workbook()
    for line in REGISTRY:
        workbook.worksheets[0].append([cell or None for cell in line.split(",")])
    file = BytesIO()
    workbook.save(file)
    first = await empty_service.ops.post(
        "/v1/registry/imports", content=file.getvalue(), headers={"Content-Type": XLSX}
    )
    assert (first.status_code, first.json()["lines"]) == (201, [])
    assert counts(first) == {"rows": 8, "made": 7, "changed": 1, "same": 0, "refused": 0}
    broken = await empty_service.ops.post("/v1/registry/imports", content=b"PK", headers={"Content-Type": XLSX})
    assert (broken.status_code, broken.json()["type"].rpartition("/")[2]) == (400, "malformed")
