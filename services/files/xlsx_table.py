"""XLSX: the first sheet, row by row, so that neither a far cell nor a file that unpacks to gigabytes takes memory."""

from __future__ import annotations

import io
import zipfile
from contextlib import closing
from datetime import date, datetime, time
from typing import Any, Final

from openpyxl import load_workbook

from services.errors import DomainError, Invalid
from services.files.table import Columns, Records, Row, rows_of_records, unreadable

MOST_UNPACKED: Final = 32 << 20
"""Bytes of all parts of the file, unpacked: three times what 20,000 rows of ten columns take."""
_MOST_COLUMNS: Final = 64
"""What stands to the right of them is passed over."""
_NO_XLSX: Final = "this is no XLSX file that can be read: save it anew as an Excel workbook (.xlsx)"


def xlsx_rows(raw: bytes, columns: Columns, most_rows: int) -> list[Row]:
    """The rows of the first sheet below the line of names; empty ones are left out. Dates are as CSV has them, whole
    numbers have no fraction, and of a formula the value counts that was saved with it.

    Raises Malformed where it is no XLSX, Invalid where it unpacks to more than MOST_UNPACKED, for columns that do not
    exist or are missing, and for more rows than `most_rows`.
    """
    try:
        _refuse_large(raw)
        workbook = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        with closing(workbook):
            return rows_of_records(_records(workbook), columns, most_rows)
    except DomainError:
        raise
    except Exception:  # noqa: BLE001 - what a broken file raises in the library is of any kind
        raise unreadable(1, _NO_XLSX) from None


def _refuse_large(raw: bytes) -> None:
    """By the sizes that the file tells: nothing is unpacked beyond them."""
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
            raise Invalid.field("", f"unpacked it has more than {MOST_UNPACKED >> 20} MiB: split it")


def _records(workbook: Any) -> Records:
    sheet = workbook.worksheets[0]
    sheet.reset_dimensions()
    for line, record in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True), start=1):
        if any(value is not None for value in record):
            cells = [_text(value) for value in record]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield line, cells


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip()
