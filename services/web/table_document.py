"""What the document says of an answer that is a table: its three forms, and the refusal of any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.files.csv_writing import csv_chunks
from services.web.answers import refuses, sends
from services.web.problems import NotAcceptable
from services.web.table_answer import JSON, MOST_PERSONS, MOST_ROWS
from services.web.table_body import CSV, XLSX
from services.web.tables import Table

_MOST_BYTES: Final = 1 << 30
_REF: Final = "#/components/schemas/{name}"
_CSV_NAME: Final = "TableAsCsv"
_XLSX_NAME: Final = "TableAsXlsx"
DEFINITIONS: Final[Mapping[str, Any]] = {
    _CSV_NAME: {
        "title": _CSV_NAME,
        "type": "string",
        "description": "CSV (RFC 4180) in UTF-8 with a byte order mark: a line of names, then a line for each row, "
        f"{MOST_ROWS:,} at most, of persons {MOST_PERSONS:,}. Without `limit` it is the whole list. Text that a "
        "spreadsheet would take for a formula has an apostrophe before it",
        "maxLength": _MOST_BYTES,
    },
    _XLSX_NAME: {
        "title": _XLSX_NAME,
        "type": "string",
        "contentMediaType": XLSX,
        "description": "The same table as an Excel workbook of one sheet; days and times are dates, times in UTC",
        "maxLength": _MOST_BYTES,
    },
}
_XLSX_EXAMPLE: Final = "PK, and what follows in a zip file"


def with_table(responses: Mapping[int | str, dict[str, Any]], table: Table) -> dict[int | str, dict[str, Any]]:
    """The answers of a route with the other forms of its table."""
    found = responses.get(200, {})
    content = {
        **found.get("content", {}),
        JSON: {},  # the first one is what programs that generate clients take
        CSV: {"schema": {"$ref": _REF.format(name=_CSV_NAME)}, "example": _csv_example(table)},
        XLSX: {"schema": {"$ref": _REF.format(name=_XLSX_NAME)}, "example": _XLSX_EXAMPLE},
    }
    headers = {**found.get("headers", {}), **sends("Vary", "Content-Disposition")["headers"]}
    return {**responses, 200: {**found, "content": content, "headers": headers}, **refuses(NotAcceptable)}


def _csv_example(table: Table) -> str:
    examples = [column.example for column in table.columns]
    return b"".join(csv_chunks(table.columns, [examples])).decode("utf-8-sig")
