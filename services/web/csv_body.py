"""Bodies that are CSV (RFC 4180), as spreadsheets write them: which are taken, and what is wrong with the others.

UTF-8, with a byte order mark or without; columns by name, in any order, divided by commas, semicolons or tabs,
whichever the first line has. Rows are counted by the line on which they begin, from 1: that of the names.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from services.errors import FieldError, Invalid
from services.web.field_errors import cut_short
from services.web.json_body import refuse_encoding, whole_body
from services.web.problems import Malformed, UnsupportedMediaType
from services.web.turns import LARGE_BYTES

MEDIA_TYPE: Final = "text/csv"
_DIVIDERS: Final = ",;\t"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the line on which it begins, and its cells that are not empty, by the name of their column.

    `surplus` is how many cells it has beyond the named columns."""

    line: int
    cells: Mapping[str, str]
    surplus: int = 0


@asynccontextmanager
async def csv_body(
    request: Request, columns: Sequence[str], needed: Sequence[str], most_rows: int
) -> AsyncIterator[list[Row]]:
    """The rows of the body, to be handled within the block: a large one waits for its turn.

    Raises UnsupportedMediaType, Malformed where it is no CSV in UTF-8, Invalid for columns that do not exist or are
    missing, and for more rows than `most_rows`.
    """
    _refuse_other_type(request)
    raw = await whole_body(request)
    if len(raw) <= LARGE_BYTES:
        yield rows_of(raw, columns, needed, most_rows)
        return
    async with request.app.state.large_bodies.turn():
        yield rows_of(raw, columns, needed, most_rows)


def rows_of(raw: bytes, columns: Sequence[str], needed: Sequence[str], most_rows: int) -> list[Row]:
    """The rows below the line of names; empty ones are left out. Raises what `csv_body` raises."""
    records = _records(_text(raw))
    _, first = next(records, (1, []))
    names = _checked_names([name.strip().lower() for name in first], columns, needed)
    rows: list[Row] = []
    for line, record in records:
        if len(rows) == most_rows:
            raise Invalid.field("", f"a file has up to {most_rows:,} rows: split it, each part with the line of names")
        rows.append(_row(line, names, record))
    return rows


def _row(line: int, names: Sequence[str], record: Sequence[str]) -> Row:
    cells = {name: value for name, cell in zip(names, record, strict=False) if (value := cell.strip())}
    return Row(line, cells, sum(1 for cell in record[len(names) :] if cell.strip()))


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not empty, with the line on which it begins."""
    first = text.partition("\n")[0].strip()
    told = first[4:] if first.lower().startswith("sep=") else ""
    divider = told or max(_DIVIDERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider[0], strict=True)
    line = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record) and not (told and line == 1):
                yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        raise _malformed(line, f"{error}: write a quote within quotes twice, and end each quote") from None


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _malformed(line, "this is not UTF-8: save the file as CSV UTF-8") from None


def _checked_names(names: Sequence[str], columns: Sequence[str], needed: Sequence[str]) -> Sequence[str]:
    wrong = [name for place, name in enumerate(names) if name not in columns or name in names[:place]]
    if wrong:
        shown = ", ".join(cut_short(name) or "(no name)" for name in wrong[:5])
        raise Invalid.field("/lines/1", f"{shown}: no such column, or named twice; there are {', '.join(columns)}")
    if missing := [name for name in needed if name not in names]:
        raise Invalid.field("/lines/1", f"the first line names the columns, and lacks {', '.join(missing)}")
    return names


def _malformed(line: int, reason: str) -> Malformed:
    return Malformed(f"line {line}: {reason}", (FieldError(f"/lines/{line}", reason),))


def _refuse_other_type(request: Request) -> None:
    kind, *parameters = request.headers.get("content-type", "").split(";")
    if kind.strip().lower() != MEDIA_TYPE:
        remedy = f"send the file as {MEDIA_TYPE}, not as {cut_short(kind.strip()) or 'anything else'}"
        raise UnsupportedMediaType.header("Content-Type", remedy)
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType.header("Content-Type", f"send the file in UTF-8, not {cut_short(value.strip())}")
    refuse_encoding(request.headers.get("content-encoding", ""))
