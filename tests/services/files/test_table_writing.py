"""What CSV and XLSX are written."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from services.files.columns import Cells, Column
from services.files.csv_table import csv_rows
from services.files.csv_writing import csv_chunks
from services.files.table import Columns
from services.files.xlsx_writing import write_xlsx

COLUMNS = (
    Column("code", "text", ("code",)),
    Column("n", "number", ("n",)),
    Column("is_new", "truth", ("is_new",)),
    Column("on", "day", ("on",)),
    Column("at", "time", ("at",)),
)
ROW: Cells = ["01", 0.9515, True, "2025-10-25", "2025-10-25T02:30:00Z"]
BYTES_OF_A_ROW = 60
"""As CSV; memory for a row that is kept would be more."""


def as_xlsx(*rows: Cells, on_disk: bool = True) -> bytes:
    file = io.BytesIO()
    write_xlsx(file, COLUMNS, rows, on_disk=on_disk)
    return file.getvalue()


def cells_of(raw: bytes) -> list[list[Any]]:
    """The cells of the sheet, its line of names included."""
    [sheet] = load_workbook(io.BytesIO(raw)).worksheets
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def csv_of(*rows: Cells) -> bytes:
    return b"".join(csv_chunks(COLUMNS, rows))


def test_csv_is_utf_8_with_a_mark_and_the_line_ends_of_rfc_4180() -> None:
    raw = csv_of(['Xã Cẩm Thạch, "A"', -7, False, None, None])
    assert raw == '\ufeffcode,n,is_new,on,at\r\n"Xã Cẩm Thạch, ""A""",-7,false,,\r\n'.encode()


@pytest.mark.parametrize("text", ["=1+1", "+84", "-7", "@cmd", "\t=1", "\r=1", "＝1"])
def test_text_that_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    [_, [cell, *_]] = csv.reader(io.StringIO(csv_of([text, 1, None, None, None]).decode("utf-8-sig"), newline=""))
    assert cell == f"'{text}"
    [_, line] = load_workbook(io.BytesIO(as_xlsx([text, 1, None, None, None]))).worksheets[0].iter_rows()
    assert (line[0].data_type, str(line[0].value).replace("_x000D_", "\r")) == ("s", text)


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.integers())))
def test_csv_is_read_back_as_it_was_written(rows: list[tuple[str, int]]) -> None:
    raw = csv_of(*([text, number, None, None, None] for text, number in rows))
    read = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))[1:]
    assert [(cells[0].removeprefix("'"), int(cells[1])) for cells in read] == [
        (text.removeprefix("'"), number) for text, number in rows
    ]


def test_what_is_written_can_be_taken_in_again() -> None:
    columns = Columns([column.name for column in COLUMNS], needed=["code"])
    [row] = csv_rows(csv_of(ROW), columns, 10)
    assert row.cells == dict(zip(columns.names, ["01", "0.9515", "true", ROW[3], ROW[4]], strict=True))


@given(st.text(st.sampled_from("'=+-@＝a \t"), max_size=6).map(str.strip))
def test_text_is_taken_in_as_it_was_before_it_was_written(text: str) -> None:
    [row] = csv_rows(csv_of([text, 1, None, None, None]), Columns([each.name for each in COLUMNS], needed=["code"]), 10)
    assert row.cells.get("code", "") == text


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_workbook_has_numbers_truths_days_and_times_in_utc(on_disk: bool) -> None:
    names, row = cells_of(as_xlsx(["01", 7, True, "2025-10-25", "2025-10-25T09:30:00+07:00"], on_disk=on_disk))
    day, time = datetime(2025, 10, 25, tzinfo=UTC), datetime(2025, 10, 25, 2, 30, tzinfo=UTC)
    assert names == [column.name for column in COLUMNS]
    assert row == ["01", 7, True, day.replace(tzinfo=None), time.replace(tzinfo=None)]


def test_text_that_is_longer_than_a_cell_takes_ends_with_dots() -> None:
    [_, [cell, *_]] = cells_of(as_xlsx(["x" * 40_000, None, None, None, None]))
    assert (len(cell), cell[-2:]) == (32_767, "x…")


def test_the_same_rows_make_the_same_workbook() -> None:
    assert as_xlsx(ROW) == as_xlsx(ROW)


def memory_of(n: int) -> int:
    """The most bytes that a workbook of that many rows takes while it is written."""

    class Nowhere(io.BytesIO):
        def write(self, part: Any) -> int:
            return len(part)

    tracemalloc.start()
    try:
        write_xlsx(Nowhere(), COLUMNS, repeat(ROW, n))
        for _ in csv_chunks(COLUMNS, repeat(ROW, n)):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows() -> None:
    memory_of(10)
    assert memory_of(5_000) - memory_of(500) < 4_500 * BYTES_OF_A_ROW / 3


def test_csv_is_made_while_it_is_sent() -> None:
    def endless() -> Iterator[Cells]:
        while True:
            yield ROW

    chunks = csv_chunks(COLUMNS, endless())
    assert next(chunks).startswith(b"\xef\xbb\xbfcode,")
    assert next(chunks).count(b"\r\n") == 200
