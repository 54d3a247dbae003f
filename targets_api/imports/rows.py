"""Rows of a file of targets: what each asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from services.errors import DomainError, FieldError, Invalid
from services.files.table import Columns, Row
from services.ids import new_id
from services.shown import MOST_PERSONS, MeasureWord, SchemeWord
from services.vocabulary import Scope
from services.waiting import each_in_turn
from services.web.fields import (
    CollectorCode,
    Day,
    Id,
    Label,
    OrganisationCode,
    Reason,
    RequestBody,
    UnitCode,
    digits,
)
from services.web.problems import refusal_of_body
from targets_api.domain.target import Target, refusal_of
from targets_api.domain.written import period_of, value_of

COLUMNS: Final = Columns(
    (
        *("unit_code", "organisation_code", "collector_code", "scheme", "measure", "value"),
        *("period", "starts_on", "ends_on", "name", "parent_id"),
        *("from", "reason", "id", "version", "withdrawn_on"),
    ),
    needed=("scheme", "measure", "value"),
)
MOST_ROWS: Final = 20_000
_SCOPE: Final = "/scope"
_DAYS: Final = ("/starts_on", "/ends_on")
_Written = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class _TargetRow(RequestBody):
    unit_code: UnitCode | None = None
    organisation_code: OrganisationCode | None = None
    collector_code: CollectorCode | None = None
    scheme: SchemeWord
    measure: MeasureWord
    value: _Written
    period: _Written | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    name: Label | None = None
    parent_id: Id | None = None
    holds_from: Day | None = Field(None, alias="from")
    reason: Reason | None = None
    id: Id | None = None
    version: Annotated[int, digits(least=1, most=2**31 - 1)] | None = None
    withdrawn_on: Day | None = None


_ROW: Final = TypeAdapter(_TargetRow)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row asks for: a target that is set, or is to have this value.

    `holds_from` and `reason` are of the revision, where it is one; `target_id` and `version` are those of the target as
    the author of the row has seen it.
    """

    target: Target
    holds_from: date | None = None
    reason: str | None = None
    target_id: UUID | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What a row asks for, or why it cannot be read."""

    line: int
    asked: Asked | DomainError


async def read_rows(rows: Iterable[Row]) -> list[ReadRow]:
    """Each of the rows, by the rules of the bodies of targets. Other requests are answered in between."""
    return await each_in_turn(lambda row: ReadRow(row.line, _asked(row)), rows)


def by_column(error: DomainError) -> DomainError:
    """The same, of the columns that fields of a target are in."""
    error.errors = tuple(FieldError(_column(each.pointer), each.detail) for each in error.errors)
    return error


def _column(pointer: str) -> str:
    return "/unit_code" if pointer == _SCOPE else pointer.removeprefix(_SCOPE)


def _asked(row: Row) -> Asked | DomainError:
    if row.surplus:
        return Invalid.field("", f"it has {row.surplus} more cells than the first line has names")
    try:
        return _of_cells(_ROW.validate_python(dict(row.cells)))
    except ValidationError as error:
        return refusal_of_body(error, _ROW)
    except Invalid as error:
        return error


def _of_cells(cells: _TargetRow) -> Asked:
    if cells.withdrawn_on is not None:
        raise Invalid.field("/withdrawn_on", "a target that was withdrawn is not changed: leave this cell empty")
    value = value_of(cells.value, cells.measure)
    if value > MOST_PERSONS:
        raise Invalid.field("/value", f"at most {MOST_PERSONS:,} is expected")
    scope = Scope(cells.unit_code, cells.organisation_code, cells.collector_code)
    what = (scope, cells.scheme, cells.measure, value, *_period(cells))
    target = Target(new_id(), *what, cells.name, parent_id=cells.parent_id)
    if refusal := refusal_of(target):
        raise refusal
    return Asked(target, cells.holds_from, cells.reason, cells.id, cells.version)


def _period(cells: _TargetRow) -> tuple[date, date]:
    if cells.period is None:
        if cells.starts_on is None or cells.ends_on is None:
            missing = "/starts_on" if cells.starts_on is None else "/ends_on"
            raise Invalid.field(missing, "give starts_on and ends_on, or a period such as 2026-Q1")
        return cells.starts_on, cells.ends_on
    period = period_of(cells.period)
    if (cells.starts_on or period[0], cells.ends_on or period[1]) != period:
        raise Invalid.field("/period", f"this is {period[0]} to {period[1]}: give it, or starts_on and ends_on")
    return period
