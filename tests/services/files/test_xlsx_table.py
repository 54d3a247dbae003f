"""Which XLSX is read, and what is said of the rest."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from services.errors import DomainError
from services.files.table import Columns, Row
from services.files.xlsx_table import MOST_UNPACKED, xlsx_rows

MIDNIGHT, HALF_PAST_SEVEN = datetime.fromisoformat("2025-10-25"), datetime.fromisoformat("2025-10-25T07:30")
COLUMNS = Columns(("code", "name", "from", "value"), needed=["code"])


def saved(workbook: Workbook) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def a_sheet(*rows: list[Any]) -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(row)
    return saved(workbook)


def test_cells_are_read_as_csv_has_them() -> None:
    raw = a_sheet(
        ["Code ", "NAME", "from", "value"],
        [15142, " Bưu điện, A ", date(2025, 10, 25), 0.9515],
        [],
        ["01", None, MIDNIGHT, 120.0],
        [True, "", HALF_PAST_SEVEN, "0.5"],
    )
    assert xlsx_rows(raw, COLUMNS, 10) == [
        Row(2, {"code": "15142", "name": "Bưu điện, A", "from": "2025-10-25", "value": "0.9515"}),
        Row(4, {"code": "01", "from": "2025-10-25", "value": "120"}),
        Row(5, {"code": "true", "from": "2025-10-25T07:30:00", "value": "0.5"}),
    ]


def test_the_first_sheet_is_read_and_no_other() -> None:
    workbook = Workbook()
    workbook.worksheets[0].append(["code"])
    workbook.create_sheet("Notes").append(["no column"])
    assert xlsx_rows(saved(workbook), COLUMNS, 10) == []


def test_a_cell_in_the_far_corner_takes_no_memory_and_is_a_row() -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["code"])
    sheet.cell(row=30_000, column=1, value="A")
    sheet.cell(row=30_001, column=16_384, value="far to the right")
    assert xlsx_rows(saved(workbook), COLUMNS, 10) == [Row(30_000, {"code": "A"})]


def test_cells_beyond_the_names_are_counted() -> None:
    assert xlsx_rows(a_sheet(["code"], ["A", None, "C", "D"]), COLUMNS, 10)[0].surplus == 2


@pytest.mark.parametrize(
    ("raw", "code", "pointer", "detail"),
    [
        (b"", "malformed", "/lines/1", "no XLSX file"),
        (b"code,name\nA,B\n", "malformed", "/lines/1", "no XLSX file"),
        (a_sheet(["code"], ["A"])[:-40], "malformed", "/lines/1", "no XLSX file"),
        (a_sheet(), "invalid", "/lines/1", "lacks code"),
        (a_sheet([], ["name"], ["A"]), "invalid", "/lines/2", "lacks code"),
        (a_sheet(["code", "colour"], ["A", "B"]), "invalid", "/lines/1", "colour: no such column"),
        (a_sheet(["code"], ["A"], ["B"], ["C"]), "invalid", "", "up to 2 rows"),
    ],
)
def test_what_is_no_such_table_is_refused_where_it_is_wrong(raw: bytes, code: str, pointer: str, detail: str) -> None:
    with pytest.raises(DomainError) as raised:
        xlsx_rows(raw, COLUMNS, 2)
    assert raised.value.code == code
    assert [error.pointer for error in raised.value.errors] == [pointer]
    assert detail in raised.value.errors[0].detail


def test_a_file_that_unpacks_to_more_than_it_may_is_refused_unread() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b" " * (MOST_UNPACKED + 1))
    assert len(file.getvalue()) < 100_000
    with pytest.raises(DomainError, match="more than 32 MiB"):
        xlsx_rows(file.getvalue(), COLUMNS, 2)
