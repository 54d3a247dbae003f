"""Rows of a file of the registry: what each registers, and in which order that is possible."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from enrolment_api.domain.registry import LEVELS, Collector, Organisation, OrganisationInCircle, Unit
from enrolment_api.registry.schemas import CollectorBody, OrganisationBody, UnitBody
from services.errors import DomainError, Invalid
from services.files.table import Columns, Row
from services.web.fields import Code
from services.web.problems import refusal_of_body

COLUMNS: Final = Columns(
    ("kind", "code", "name", "level", "parent_code", "organisation_code", "valid_from", "from"),
    needed=("kind", "code", "name"),
)
MOST_ROWS: Final = 20_000
_ROWS_AT_ONCE: Final = 200
Entry: TypeAlias = Unit | Organisation | Collector


class _UnitRow(UnitBody):
    kind: Literal["unit"]
    code: Code


class _OrganisationRow(OrganisationBody):
    kind: Literal["organisation"]
    code: Code


class _CollectorRow(CollectorBody):
    kind: Literal["collector"]
    code: Code


_AnyRow: TypeAlias = Annotated[_UnitRow | _OrganisationRow | _CollectorRow, Field(discriminator="kind")]
_ROW: Final[TypeAdapter[Any]] = TypeAdapter(_AnyRow)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What a row registers, or why it cannot be read."""

    line: int
    entry: Entry | DomainError


async def read_rows(rows: Iterable[Row]) -> list[ReadRow]:
    """Each of the rows, by the same rules as the bodies of PUT; a unit or an organisation twice is refused. Other
    requests are answered in between."""
    first: dict[tuple[type[Entry], str], int] = {}
    read: list[ReadRow] = []
    for row in rows:
        if len(read) % _ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
        entry = _entry_of(row)
        if isinstance(entry, Unit | Organisation):
            line = first.setdefault((type(entry), entry.code.upper()), row.line)
            entry = entry if line == row.line else Invalid.field("/code", f"line {line} has this code already")
        read.append(ReadRow(row.line, entry))
    return _without_circles(read)


def _without_circles(rows: Sequence[ReadRow]) -> list[ReadRow]:
    """Organisations that the file puts below themselves are refused, also where none of them is registered."""
    parents = {
        e.code.upper(): e.parent_code.upper() for r in rows if isinstance(e := r.entry, Organisation) and e.parent_code
    }
    circles = _circles(parents)
    return [
        ReadRow(row.line, OrganisationInCircle(e.parent_code))
        if isinstance(e := row.entry, Organisation) and e.parent_code and e.code.upper() in circles
        else row
        for row in rows
    ]


def _circles(parents: Mapping[str, str]) -> set[str]:
    """The codes that are reached again from themselves."""
    seen: set[str] = set()
    found: set[str] = set()
    for start in parents:
        code, path = start, dict[str, int]()
        while code in parents and code not in seen:
            seen.add(code)
            path[code] = len(path)
            code = parents[code]
        if code in path:
            found.update(each for each, place in path.items() if place >= path[code])
    return found


def in_order(rows: Sequence[ReadRow]) -> list[list[ReadRow]]:
    """Lists to be registered one after the other: parents before what is below them, organisations before their
    collectors, and each collector once in a list, its first stay first."""
    units = [row for row in rows if isinstance(row.entry, Unit)]
    organisations = [row for row in rows if isinstance(row.entry, Organisation)]
    collectors = [row for row in rows if isinstance(row.entry, Collector)]
    return [sorted(units, key=_level), _parents_first(organisations), *_stay_by_stay(collectors)]


def _entry_of(row: Row) -> Entry | DomainError:
    if row.surplus:
        return Invalid.field("", f"it has {row.surplus} more cells than the first line has names")
    try:
        read = _ROW.validate_python(dict(row.cells))
    except ValidationError as error:
        return refusal_of_body(error, _ROW)
    match read:
        case _UnitRow():
            return Unit(read.code, read.name, read.level, read.parent_code, read.valid_from)
        case _OrganisationRow():
            return Organisation(read.code, read.name, read.parent_code)
        case _:
            return Collector(read.code, read.name, read.organisation_code, read.from_on)


def _level(row: ReadRow) -> int:
    return LEVELS.index(row.entry.level) if isinstance(row.entry, Unit) else 0


def _parents_first(rows: Sequence[ReadRow]) -> list[ReadRow]:
    """By how many organisations of the file are above each; of those that form a circle, in the order of the file."""
    parents = {e.code.upper(): e.parent_code for row in rows if isinstance(e := row.entry, Organisation)}

    def depth(row: ReadRow) -> int:
        above: list[str] = []
        code = row.entry.code.upper() if isinstance(row.entry, Organisation) else ""
        while (parent := parents.get(code)) and parent.upper() not in above:
            code = parent.upper()
            above.append(code)
        return len(above)

    return sorted(rows, key=depth)


def _stay_by_stay(rows: Sequence[ReadRow]) -> list[list[ReadRow]]:
    lists: list[list[ReadRow]] = []
    times: dict[str, int] = {}
    for row in sorted(rows, key=_first_day):
        code = row.entry.code.upper() if isinstance(row.entry, Collector) else ""
        nth = times[code] = times.get(code, -1) + 1
        if nth == len(lists):
            lists.append([])
        lists[nth].append(row)
    return lists


def _first_day(row: ReadRow) -> date:
    return row.entry.from_on or date.min if isinstance(row.entry, Collector) else date.min
