"""Files that are broken, or made to break: each is refused with a reason, whole or by the row."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from services.web.table_body import XLSX
from tests.targets_api.builders import TargetsService
from tests.targets_api.imports.files import (
    HEADER,
    a_workbook,
    counts,
    refusals,
    send,
    send_bytes,
    send_workbook,
)

ROW = "15142,household_health,new,10,2026"
NAMES = HEADER.split(",")


@pytest.mark.parametrize(
    ("content", "status", "code", "pointer", "said"),
    [
        (b"", 422, "invalid", "/lines/1", "lacks scheme, measure, value"),
        (f"{HEADER}\n{ROW}".encode("utf-16"), 400, "malformed", "/lines/1", "not UTF-8"),
        (f"{HEADER},name\n{ROW},Đơt".encode("cp1258"), 400, "malformed", "/lines/2", "not UTF-8"),
        (f"{HEADER},value\n{ROW},1".encode(), 422, "invalid", "/lines/1", "value: no such column, or named twice"),
        (f"{HEADER},population\n{ROW},1".encode(), 422, "invalid", "/lines/1", "population: no such column"),
        (f"{HEADER},\n{ROW},1".encode(), 422, "invalid", "/lines/1", "(no name): no such column"),
        (f'{HEADER}\n15142,"new'.encode(), 400, "malformed", "/lines/2", "end each quote"),
        (f"{HEADER}\n{'9' * 200_000},{ROW}".encode(), 400, "malformed", "/lines/2", "field larger than field limit"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_where_it_is_wrong(
    service: TargetsService, content: bytes, status: int, code: str, pointer: str, said: str
) -> None:
    answer = await send_bytes(service, content)
    problem = answer.json()
    assert (answer.status_code, problem["type"].rpartition("/")[2]) == (status, code)
    assert problem["errors"][0]["pointer"] == pointer
    assert said in problem["detail"]
    assert len(answer.content) < 2000
    assert await service.rows("SELECT 1 FROM targets") == []


async def test_huge_cells_are_refused_and_not_repeated(service: TargetsService) -> None:
    huge = "9" * 100_000
    rows = [ROW.replace(cell, huge) for cell in ("15142", "household_health", "new", "10", "2026")]
    answer = await send(service, HEADER, *rows, ROW)
    assert counts(answer) == {"rows": 6, "set": 1, "refused": 5}
    pointers = [pointers for _, pointers in refusals(answer).values()]
    assert pointers == [["/unit_code"], ["/scheme"], ["/measure"], ["/value"], ["/period"]]
    assert len(answer.content) < 5000


async def test_of_a_million_refused_cells_a_thousand_rows_are_named(service: TargetsService) -> None:
    answer = await send(service, HEADER, *[",,,,"] * 3, *["-,-,-,-,-"] * 20_000)
    assert counts(answer) == {"rows": 20_000, "refused": 20_000}
    lines = answer.json()["lines"]
    assert (len(lines), lines[0]["line"], lines[-1]["line"]) == (1000, 5, 1004)


async def test_blank_rows_are_passed_over_and_keep_their_numbers(service: TargetsService) -> None:
    answer = await send(service, "", HEADER, "", ",,,,", " , , ,,", ROW, "")
    [line] = answer.json()["lines"]
    assert (line["line"], line["result"], counts(answer)) == (6, "set", {"rows": 1, "set": 1})


@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://127.0.0.1")', "@SUM(1)", "+cmd|' /C calc'!A0"])
async def test_what_a_spreadsheet_takes_for_a_formula_is_no_value_and_no_code(
    service: TargetsService, formula: str
) -> None:
    quoted = '"' + formula.replace('"', '""') + '"'
    answer = await send(service, HEADER, ROW.replace("10", quoted), ROW.replace("15142", quoted))
    assert [pointers for _, pointers in refusals(answer).values()] == [["/value"], ["/unit_code"]]


async def test_a_formula_whose_value_was_not_saved_is_an_empty_cell(service: TargetsService) -> None:
    answer = await send_workbook(
        service, a_workbook([NAMES, ["15142", "household_health", "new", "=5+5", "2026"], [*ROW.split(",")]])
    )
    assert refusals(answer) == {2: ("invalid", ["/value"])}
    assert counts(answer) == {"rows": 2, "set": 1, "refused": 1}


async def test_merged_names_of_columns_are_refused(service: TargetsService) -> None:
    workbook = a_workbook([NAMES, ROW.split(",")])
    workbook.worksheets[0].merge_cells("A1:B1")
    answer = await send_workbook(service, workbook)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/lines/1")
    assert "(no name): no such column" in answer.json()["detail"]


async def test_merged_cells_are_the_value_of_the_first_row_alone(service: TargetsService) -> None:
    workbook = a_workbook([NAMES, ROW.split(","), ["15127", "household_health", "new", None, "2026"]])
    workbook.worksheets[0].merge_cells("D2:D3")
    answer = await send_workbook(service, workbook)
    assert refusals(answer) == {3: ("invalid", ["/value"])}


async def test_a_month_that_a_spreadsheet_made_a_date_of_is_refused_with_the_remedy(service: TargetsService) -> None:
    answer = await send(service, HEADER, ROW.replace("2026", "2026-03-01"))
    [line] = answer.json()["lines"]
    assert "format the column as text" in line["problem"]["detail"]


async def test_a_workbook_that_unpacks_to_gigabytes_is_refused_unread(service: TargetsService) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * (40 << 20))
    answer = await send_bytes(service, file.getvalue(), XLSX)
    assert (answer.status_code, "unpacked it has more than" in answer.json()["detail"]) == (422, True)


async def test_more_rows_than_are_taken_are_refused_whole(service: TargetsService) -> None:
    answer = await send(service, HEADER, *[ROW] * 20_001)
    assert (answer.status_code, "up to 20,000 rows" in answer.json()["detail"]) == (422, True)
