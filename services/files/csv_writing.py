"""CSV (RFC 4180) as it is written: in UTF-8 with a byte order mark, by which Excel knows it, divided by commas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from services.files.columns import Cells, Column
from services.files.formulas import guarded

_ROWS_AT_ONCE: Final = 200


def csv_chunks(columns: Sequence[Column], rows: Iterable[Cells]) -> Iterator[bytes]:
    """The file, a part at a time. Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    yield b"\xef\xbb\xbf" + _lines([[column.name for column in columns]])
    rest = iter(rows)
    while chunk := list(islice(rest, _ROWS_AT_ONCE)):
        yield _lines([_cell(value) for value in row] for row in chunk)


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return guarded(value)
        case _:
            return value
