"""Tables of targets and of progress as files."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any, Final

from openpyxl import load_workbook

from services.context import Actor, Context
from services.ids import new_id
from services.vocabulary import Scope
from services.web.table_body import CSV, XLSX
from targets_api.domain.target import Target
from targets_api.main import create_app
from targets_api.targets.usecases import set_targets
from tests.conftest import ClientFor, TokenFor
from tests.targets_api.builders import CAM_THACH, HEALTH, LAUNCH, NOON, TargetsService, sign_ups

CAM_THUY: Final = "15127"
MANY: Final = 501
"""More than a page."""


async def lines(service: TargetsService, path: str, **query: Any) -> list[dict[str, str]]:
    """The rows of a table as CSV."""
    answer = await service.http.get(f"/v1/{path}", params=query, headers={"Accept": CSV})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def sheet(service: TargetsService, path: str, **query: Any) -> list[dict[str, Any]]:
    """The rows of a table as XLSX."""
    answer = await service.http.get(f"/v1/{path}", params=query, headers={"Accept": XLSX})
    assert answer.status_code == 200, answer.text
    names, *rows = load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


async def test_children_are_a_row_for_each_of_their_targets(service: TargetsService) -> None:
    await service.baseline(date(2025, 10, 20), covered=700, population=1000)
    first, second = await service.target(), await service.target(measure="coverage", value=0.95)
    await service.handle([*sign_ups(3), *sign_ups(2, unit_code=CAM_THUY), *sign_ups(1, unit_code="CS-CT")])
    path, query = "progress/units/CS-CT/children", {"scheme": HEALTH}
    found = await lines(service, path, **query)
    shown = [[row[name] for name in ("unit_code", "direct", "new", "covered", "targets_no")] for row in found]
    assert shown == [
        [CAM_THACH, "false", "3", "703", "1"],
        [CAM_THACH, "false", "3", "703", "2"],
        [CAM_THUY, "false", "2", "", "0"],
        ["CS-CT", "true", "1", "", "0"],
    ]
    assert [row["targets_id"] for row in found] == [first["id"], second["id"], "", ""]
    assert {(row["scheme"], row["from"], row["on"]) for row in found} == {(HEALTH, "2025-01-01", "2025-10-25")}
    numbers = await sheet(service, path, **query)
    assert [(row["unit_name"], row["new"], row["coverage"]) for row in numbers[:1]] == [("Xã Cẩm Thạch", 3, 0.703)]
    assert numbers[0]["targets_starts_on"].date() == date(2025, 11, 3)


async def test_a_unit_is_a_row_for_each_of_its_own_targets(service: TargetsService) -> None:
    assert [row["targets_no"] for row in await lines(service, f"progress/units/{CAM_THACH}", scheme=HEALTH)] == ["0"]
    await service.target()
    [row] = await lines(service, f"progress/units/{CAM_THACH}", scheme=HEALTH)
    assert (row["targets_no"], row["targets_value"], row["targets_status"]) == ("1", "100.0", "not_started")


async def test_a_list_of_more_than_a_page_is_one_file(service: TargetsService) -> None:
    async with service.runtime.database.write() as work:
        period = (date(2025, 11, 3), date(2025, 11, 14))
        many = [
            Target(new_id(), Scope(CAM_THACH), HEALTH, "new", 100, *period, f"=target {number}")
            for number in range(MANY)
        ]
        await set_targets(work, Context(LAUNCH, NOON, "a", Actor("CT", "someone", frozenset())), many)
    found = await lines(service, "targets")
    assert [row["name"] for row in found] == [f"'=target {number}" for number in reversed(range(MANY))]
    assert [row["name"] for row in await sheet(service, "targets")] == [row["name"][1:] for row in found]
    assert len((await service.http.get("/v1/targets")).json()["items"]) == 100


async def test_a_file_shows_a_partner_their_own_alone(
    service: TargetsService, client_for: ClientFor, token_for: TokenFor
) -> None:
    for organisation in ("CT", "NL"):
        await service.target(scope={"unit_code": CAM_THACH, "organisation_code": organisation})
    token = token_for(service.runtime, org="NL", scope="progress:own")
    partner = TargetsService(service.runtime, await client_for(create_app(service.runtime), token))
    assert [row["organisation_code"] for row in await lines(partner, "targets")] == ["NL"]
    refused = await partner.http.get(
        f"/v1/progress/units/{CAM_THACH}", params={"scheme": HEALTH}, headers={"Accept": CSV}
    )
    assert refused.status_code == 403


async def test_a_tree_is_a_row_for_each_target_with_the_one_it_is_a_share_of(service: TargetsService) -> None:
    province = await service.target(scope={"unit_code": "38"}, value=10)
    below = await service.target(scope={"unit_code": "CS-CT"}, value=10, parent_id=province["id"])
    await service.target(value=6, parent_id=below["id"])
    found = await lines(service, f"targets/{province['id']}/tree")
    shown = [[row[name] for name in ("depth", "part_of", "unit_code", "persons", "differs_by")] for row in found]
    assert shown == [
        ["0", "", "38", "10", "0"],
        ["1", province["id"], "CS-CT", "10", "-4"],
        ["2", below["id"], CAM_THACH, "6", ""],
    ]


async def test_the_history_of_a_target_is_a_table(service: TargetsService) -> None:
    target = await service.target(starts_on="2025-10-20")
    body = {"version": 1, "value": 120, "from": "2025-10-25", "reason": "-1 commune"}
    assert (await service.http.post(f"/v1/targets/{target['id']}/revision", json=body)).status_code == 200
    found = await lines(service, f"targets/{target['id']}/history")
    assert [(row["what"], row["value"], row["reason"]) for row in found] == [
        ("set", "100.0", ""),
        ("revised", "120.0", "'-1 commune"),
    ]


async def test_a_calendar_is_a_table_of_days(service: TargetsService) -> None:
    found = await sheet(service, "calendar", **{"from": "2025-09-01", "to": "2025-09-02"})
    assert [(row["on"].date(), row["working"], row["holiday"]) for row in found][1] == (
        date(2025, 9, 2),
        False,
        "Quốc khánh",
    )


async def test_an_unknown_unit_is_a_problem_in_any_form(service: TargetsService) -> None:
    for accept in (CSV, XLSX):
        answer = await service.http.get(
            "/v1/progress/units/NONE/children", params={"scheme": HEALTH}, headers={"Accept": accept}
        )
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "no-such-owner")
