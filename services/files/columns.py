"""Columns of a table that is written, and the rows that records of JSON have in them.

A field within an object is named after both, `unit_code`; a list of values is one text. A list of objects gives the
record a row for each of them, numbered from 1, and one with the number 0 where it is empty; of records within records
of the same form each has a row, with its depth and the first column of the one that it is in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias

import orjson

Kind: TypeAlias = Literal["text", "number", "truth", "day", "time"]
Record: TypeAlias = Mapping[str, Any]
Cells: TypeAlias = list[Any]
NUMBER: Final = "no"
DEPTH: Final = "depth"
PART_OF: Final = "part_of"
_BETWEEN: Final = "; "


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what its cells hold, where in a record they are found, and an example."""

    name: str
    kind: Kind
    path: tuple[str, ...]
    example: Any = None

    def cell(self, record: Record) -> Any:
        """The value of a record, as JSON has it; what is neither text, number nor truth becomes text."""
        value: Any = record
        for name in self.path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return plain(value)


@dataclass(frozen=True)
class Shape:
    """The columns of a record; `each` are those of the list of objects at `many`, `inner` is where it holds others of
    its own form."""

    columns: Sequence[Column]
    many: str | None = None
    each: Sequence[Column] = ()
    inner: str | None = None

    @cached_property
    def all_columns(self) -> Sequence[Column]:
        """In the order in which cells stand."""
        tree = (Column(DEPTH, "number", (), 0), Column(PART_OF, "text", ())) if self.inner else ()
        number = (Column(f"{self.many}_{NUMBER}", "number", (), 1),) if self.many else ()
        return (*tree, *self.columns, *number, *self.each)

    def rows(self, record: Record, depth: int = 0, part_of: Any = None) -> Iterator[Cells]:
        """The rows of a record, each with a cell for every column."""
        own = [column.cell(record) for column in self.columns]
        begin = [depth, part_of] if self.inner else []
        if self.many is None:
            yield [*begin, *own]
        else:
            yield from ([*begin, *own, *cells] for cells in self._numbered(record[self.many]))
        for within in record.get(self.inner, ()) if self.inner else ():
            yield from self.rows(within, depth + 1, own[0])

    def _numbered(self, found: Sequence[Record]) -> Iterator[Cells]:
        if not found:
            yield [0, *(None for _ in self.each)]
        for number, one in enumerate(found, start=1):
            yield [number, *(column.cell(one) for column in self.each)]


def plain(value: Any) -> Any:
    """A value of JSON as one cell: of a list the values, of an object JSON."""
    if isinstance(value, list) and not any(isinstance(each, (list, dict)) for each in value):
        return _BETWEEN.join(str(each) for each in value) or None
    return orjson.dumps(value).decode() if isinstance(value, (list, dict)) else value
