"""XLSX as it is written: row by row, so that memory does not grow with the rows (ADR 51)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import IO, Any, Final

from xlsxwriter import Workbook

from services.files.columns import Cells, Column, Kind

_LONGEST_TEXT: Final = 32_767
"""Characters of a cell, which Excel allows."""
_FORMATS: Final[Mapping[Kind, str]] = {"day": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm:ss"}
_WIDTHS: Final[Mapping[Kind, int]] = {"text": 16, "number": 12, "truth": 8, "day": 11, "time": 19}
_MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Every file says this, so that the same rows make the same file, and its entity tag is true."""


def write_xlsx(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Cells], *, on_disk: bool = True) -> None:
    """Write a workbook of one sheet: a line of names, which stays in sight, and a row for each of `rows`.

    Days and times are dates of the spreadsheet, times in UTC. Text is text, whatever it begins with. Rows wait in
    files of the system's temporary folder; without `on_disk` in memory.
    """
    with Workbook(file, {"constant_memory": on_disk, "in_memory": not on_disk}) as book:
        book.set_properties({"created": _MADE})
        sheet, bold = book.add_worksheet("table"), book.add_format({"bold": True})
        formats = {kind: book.add_format({"num_format": shown}) for kind, shown in _FORMATS.items()}
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, _WIDTHS[column.kind])
            sheet.write_string(0, place, column.name, bold)
        for line, row in enumerate(rows, start=1):
            for place, (column, value) in enumerate(zip(columns, row, strict=True)):
                if value is not None:
                    _write(sheet, line, place, value, column.kind, formats)


def _write(sheet: Any, line: int, place: int, value: Any, kind: Kind, formats: Mapping[Kind, Any]) -> None:
    match value:
        case bool():
            sheet.write_boolean(line, place, value)
        case int() | float():
            sheet.write_number(line, place, value)
        case _ if kind == "day":
            sheet.write_datetime(line, place, date.fromisoformat(value), formats[kind])
        case _ if kind == "time":
            time = datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
            sheet.write_datetime(line, place, time, formats[kind])
        case _:
            text = str(value)
            sheet.write_string(line, place, text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…")
