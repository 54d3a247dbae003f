"""A table in a file: a line that names the columns, in any order, and rows below it.

Rows are named by the line, or the row of the sheet, on which they begin, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from services.errors import FieldError, Invalid, Malformed

Records: TypeAlias = Iterator[tuple[int, list[str]]]
"""The cells of each row that is not empty, with its line."""
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns a table may have, and which of them it needs."""

    names: Sequence[str]
    needed: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the line on which it begins, and its cells that are not empty, by the name of their column.

    `surplus` is how many cells it has beyond the named columns."""

    line: int
    cells: Mapping[str, str]
    surplus: int = 0


def rows_of_records(records: Records, columns: Columns, most_rows: int) -> list[Row]:
    """The rows below the line of names. Raises Invalid for columns that do not exist or are missing, and for more rows
    than `most_rows`."""
    line, first = next(records, (1, []))
    names = _checked_names(line, [name.strip().lower() for name in first], columns)
    rows: list[Row] = []
    for line, record in records:
        if len(rows) == most_rows:
            raise Invalid.field("", f"a file has up to {most_rows:,} rows: split it, each part with the line of names")
        rows.append(_row(line, names, record))
    return rows


def unreadable(line: int, reason: str) -> Malformed:
    """The file cannot be read from that line on."""
    return Malformed(f"line {line}: {reason}", (FieldError(f"/lines/{line}", reason),))


def _row(line: int, names: Sequence[str], record: Sequence[str]) -> Row:
    cells = {name: value for name, cell in zip(names, record, strict=False) if (value := cell.strip())}
    return Row(line, cells, sum(1 for cell in record[len(names) :] if cell.strip()))


def _checked_names(line: int, names: Sequence[str], columns: Columns) -> Sequence[str]:
    wrong = [name for place, name in enumerate(names) if name not in columns.names or name in names[:place]]
    if wrong:
        shown = ", ".join(name[:_LONGEST_NAME] or "(no name)" for name in wrong[:5])
        known = ", ".join(columns.names)
        raise Invalid.field(f"/lines/{line}", f"{shown}: no such column, or named twice; there are {known}")
    if missing := [name for name in columns.needed if name not in names]:
        raise Invalid.field(f"/lines/{line}", f"the first line names the columns, and lacks {', '.join(missing)}")
    return names
