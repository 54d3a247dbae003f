"""CSV (RFC 4180), as spreadsheets write it: UTF-8, with a byte order mark or without, divided by commas, semicolons or
tabs, whichever the first line has."""

from __future__ import annotations

import csv
import io
from typing import Final

from services.files.formulas import bare
from services.files.table import Columns, Records, Row, rows_of_records, unreadable

_DIVIDERS: Final = ",;\t"
_ZIP: Final = b"PK\x03\x04"
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_rows(raw: bytes, columns: Columns, most_rows: int) -> list[Row]:
    """The rows below the line of names; empty ones are left out. Text has no apostrophe that was set before it lest a
    spreadsheet calculates it.

    Raises Malformed where it is no CSV in UTF-8, Invalid for columns that do not exist or are missing, and for more
    rows than `most_rows`.
    """
    return rows_of_records(_records(_text(raw)), columns, most_rows)


def _records(text: str) -> Records:
    first = text.partition("\n")[0].strip()
    told = first[4:] if first.lower().startswith("sep=") else ""
    divider = told or max(_DIVIDERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider[0], strict=True)
    line = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record) and not (told and line == 1):
                yield line, [bare(cell.strip()) for cell in record]
            line = reader.line_num + 1
    except csv.Error as error:
        raise unreadable(line, f"{error}: write a quote within quotes twice, and end each quote") from None


def _text(raw: bytes) -> str:
    if raw.startswith(_ZIP):
        raise unreadable(1, f"this is an Excel workbook, or another archive: send it with Content-Type: {_WORKBOOK}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise unreadable(line, "this is not UTF-8: save the file as CSV UTF-8") from None
