"""What Schemathesis is told of this project: read by its command, beside schemathesis.toml."""

from __future__ import annotations

from io import BytesIO

import schemathesis
from openpyxl import Workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@schemathesis.serializer(XLSX)
def as_workbook(_: schemathesis.SerializationContext, value: object) -> bytes:
    """A workbook with the generated text in its first cell; a document says of a file only that it is one."""
    book, file = Workbook(write_only=True), BytesIO()
    book.create_sheet().append(["".join(character for character in str(value) if character.isprintable())])
    book.save(file)
    return file.getvalue()
