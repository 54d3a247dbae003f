"""Pages of lists of sign-ups that are in the order of one of their days, and merged from streams of an index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isqrt
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Select,
    Tuple,
    Uuid,
    bindparam,
    func,
    join,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import aliased

from enrolment_api.tables.enrolments import EnrolmentRow
from services.persistence.unnest import table_of


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a list: the sign-ups of a day stand in the order in which they were recorded."""

    day: date
    id: UUID

    def __str__(self) -> str:
        return f"{self.day}.{self.id}"

    @classmethod
    def read(cls, text: str) -> Position:
        """A place as `str` writes it. Raises ValueError."""
        day, _, enrolment_id = text.partition(".")
        return cls(date.fromisoformat(day), UUID(enrolment_id))


FIRST: Final = Position(date.min, UUID(int=0))
LAST: Final = Position(date.max, UUID(int=2**128 - 1))

_e: Final = table_of(EnrolmentRow).c
_until_day, _until_id = bindparam("until_day", type_=Date), bindparam("until_id", type_=Uuid)
_limit: Final = bindparam("limit", type_=Integer)


def merged(streams: CTE, day: ColumnElement[date], *conditions: ColumnElement[bool]) -> Select[Any]:
    """A page of what these streams have together, in the order of that day and the ids.

    A stream is a prefix of an index that goes on with the day and the id: the columns of `streams` are those of the
    sign-ups, and equal. As many rows of each as `heads` says show how far the page reaches at most; then each is read
    that far. OFFSET 0 keeps the plan from reading all rows to join them. Parameters: `bounds`.
    """
    of_each = _Streams(streams, day, conditions)
    heads = of_each.first(bindparam("heads", type_=Integer), tuple_(_until_day, _until_id)).cte("heads")
    last = select(heads).order_by(heads.c.day, heads.c.id).offset(_limit - 1).limit(1).cte("last")
    reach = tuple_(
        func.coalesce(select(last.c.day).scalar_subquery(), _until_day),
        func.coalesce(select(last.c.id).scalar_subquery(), _until_id),
    )
    page = of_each.first(_limit, reach).order_by("day", "id").limit(_limit).cte("page")
    row = aliased(EnrolmentRow, select(EnrolmentRow).where(_e.id == page.c.id).offset(0).lateral())
    return select(row).select_from(join(page, row, true())).order_by(page.c.day, page.c.id)


@dataclass(frozen=True, slots=True)
class _Streams:
    """Streams, the day that orders them, and what rows have to fit besides."""

    streams: CTE
    day: ColumnElement[date]
    conditions: tuple[ColumnElement[bool], ...]

    def first(self, most: BindParameter[int], reach: Tuple) -> Select[Any]:
        """Days and ids of the first rows of each after `after`, as far as `reach`.

        Days and ids are compared as one: the index is read from the one of these bounds to the other.
        """
        place = tuple_(self.day, _e.id)
        part = (
            select(self.day.label("day"), _e.id)
            .where(
                *(_e[column.name] == column for column in self.streams.c),
                place > tuple_(bindparam("after_day", type_=Date), bindparam("after_id", type_=Uuid)),
                place <= reach,
                *self.conditions,
            )
            .order_by(self.day, _e.id)
            .limit(most)
            .lateral()
        )
        return select(part.c.day, part.c.id).select_from(self.streams.join(part, true()))


def bounds(after: Position | None, first: date | None, last: date | None, limit: int) -> dict[str, Any]:
    """The parameters of a page of at most `limit` rows behind `after`, from the first day to the last."""
    begin = max(after or FIRST, Position(first or FIRST.day, FIRST.id))
    return {
        "after_day": begin.day,
        "after_id": begin.id,
        "until_day": last or LAST.day,
        "until_id": LAST.id,
        "heads": isqrt(limit) + 1,
        "limit": limit,
    }
