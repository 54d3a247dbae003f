"""Which CSV is read, and what is said of the rest: spreadsheets differ in marks, dividers and line ends."""

from __future__ import annotations

import pytest

from services.errors import DomainError
from services.files.csv_table import csv_rows
from services.files.table import Columns, Row

COLUMNS = Columns(("code", "name", "from"), needed=["code"])
EXPECTED = [Row(2, {"code": "A", "name": "Bưu điện, A"}), Row(3, {"code": "B", "name": "B", "from": "2025-10-25"})]


@pytest.mark.parametrize(
    "text",
    [
        'code,name,from\nA,"Bưu điện, A",\nB,B,2025-10-25\n',
        '\ufeffcode,name,from\r\nA,"Bưu điện, A",\r\nB,B,2025-10-25',
        "code;name;from\r\nA;Bưu điện, A;\r\nB;B;2025-10-25\r\n",
        "code\tname\tfrom\nA\tBưu điện, A\t\nB\tB\t2025-10-25\n",
        'name , Code,FROM\n"Bưu điện, A",A\nB,B,2025-10-25,,\n',
        'code,name,from\n A ,"Bưu điện, A"\nB,B,2025-10-25\n,,\n\n',
    ],
)
def test_a_table_reads_the_same_however_a_spreadsheet_writes_it(text: str) -> None:
    assert csv_rows(text.encode(), COLUMNS, 10) == EXPECTED


def test_a_first_line_may_tell_the_divider() -> None:
    assert csv_rows(b"sep=;\r\ncode;name\r\nA;B, C\r\n", COLUMNS, 10) == [Row(3, {"code": "A", "name": "B, C"})]


def test_a_row_is_named_by_the_line_on_which_it_begins() -> None:
    rows = csv_rows(b'code,name\nA,"two\nlines"\n\nB,B\n', COLUMNS, 10)
    assert [(row.line, row.cells["code"]) for row in rows] == [(2, "A"), (5, "B")]


def test_cells_beyond_the_names_are_counted() -> None:
    assert csv_rows(b"code,name\nA,B,C,,D\n", COLUMNS, 10)[0].surplus == 2


@pytest.mark.parametrize(
    ("raw", "code", "pointer", "detail"),
    [
        (b"", "invalid", "/lines/1", "lacks code"),
        (b"name\nA\n", "invalid", "/lines/1", "lacks code"),
        (b"code,colour\nA,B\n", "invalid", "/lines/1", "colour: no such column"),
        (b"code,code\nA,B\n", "invalid", "/lines/1", "named twice"),
        (b"code,\nA,B\n", "invalid", "/lines/1", "(no name)"),
        (b"code\nA\nB\nC\n", "invalid", "", "up to 2 rows"),
        (b'code,name\nA,B\nC,"never ended\n', "malformed", "/lines/3", "end each quote"),
        (b'code,name\nA,"B"C\n', "malformed", "/lines/2", "twice"),
        (b"PK\x03\x04\x14\x00", "malformed", "/lines/1", "Content-Type: application/vnd.openxmlformats"),
        ("code,name\nA,Bưu\n".encode("utf-16"), "malformed", "/lines/1", "CSV UTF-8"),
        ("code,name\nA,B\nC,é\n".encode("latin-1"), "malformed", "/lines/3", "CSV UTF-8"),
    ],
)
def test_what_is_no_such_table_is_refused_where_it_is_wrong(raw: bytes, code: str, pointer: str, detail: str) -> None:
    with pytest.raises(DomainError) as raised:
        csv_rows(raw, COLUMNS, 2)
    assert raised.value.code == code
    assert [error.pointer for error in raised.value.errors] == [pointer]
    assert detail in raised.value.errors[0].detail
