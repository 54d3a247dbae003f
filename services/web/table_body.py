"""Bodies that are a table: CSV or XLSX, by their media type."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Request

from services.files.csv_table import csv_rows
from services.files.table import Columns, Row
from services.files.xlsx_table import xlsx_rows
from services.web.field_errors import cut_short
from services.web.json_body import refuse_encoding, whole_body
from services.web.problems import UnsupportedMediaType
from services.web.turns import LARGE_BYTES

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_READERS: Final[Mapping[str, Callable[[bytes, Columns, int], list[Row]]]] = {CSV: csv_rows, XLSX: xlsx_rows}


@asynccontextmanager
async def table_body(request: Request, columns: Columns, most_rows: int) -> AsyncIterator[list[Row]]:
    """The rows of the body, to be handled within the block: a large one waits for its turn.

    Raises UnsupportedMediaType, and what `csv_rows` and `xlsx_rows` raise.
    """
    kind = _known_type(request)
    raw = await whole_body(request)
    if kind == CSV and len(raw) <= LARGE_BYTES:
        yield csv_rows(raw, columns, most_rows)
        return
    async with request.app.state.large_bodies.turn():
        # In a thread, since reading 20,000 rows of XLSX takes a second and a half.
        yield await asyncio.to_thread(_READERS[kind], raw, columns, most_rows)


def _known_type(request: Request) -> str:
    given, *parameters = request.headers.get("content-type", "").split(";")
    kind = given.strip().lower()
    if kind not in _READERS:
        remedy = f"send the file as {CSV} or {XLSX}, not as {cut_short(kind) or 'anything else'}"
        raise UnsupportedMediaType.header("Content-Type", remedy)
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType.header("Content-Type", f"send the file in UTF-8, not {cut_short(value.strip())}")
    refuse_encoding(request.headers.get("content-encoding", ""))
    return kind
