"""Sums of the tallies at or below a node of a tree, from any day to any other, at a cost that does not grow with them:
months are read as months, the days before them as days, and what is not folded yet is added. Of the last month the
days are read, or the whole month, from which the days after the period are taken off.

A property test holds them and the tallies together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Date,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.unnest import table_of
from targets_api.tables.hierarchy import OrganisationAncestorRow, UnitAncestorRow
from targets_api.tables.rollups import SUMS, TALLY_DELTAS, OrganisationRollupRow, UnitRollupRow

_d = TALLY_DELTAS.c
_MONTH: Final[ColumnElement[Any]] = literal_column("'month'")
_DAY: Final[ColumnElement[Any]] = literal_column("'day'")
_A_MONTH: Final[ColumnElement[Any]] = literal_column("interval '1 month'")
DAYS_ADDED: Final = 7
"""Of a last month with more days in the period, those after it are taken off instead. Most reads are of today, which
has no days after it; one of a day long ago may read more of them than days before it, at most 23."""
_ADDED: Final[ColumnElement[Any]] = literal_column("1", Integer)
_TAKEN_OFF: Final[ColumnElement[Any]] = literal_column("-1", Integer)
_NOT_MERGED: Final[ColumnElement[Any]] = literal_column("0")
"""OFFSET 0 keeps PostgreSQL from joining in another order: deltas come first, since they are few whatever the
statistics say, and each is looked up in the closure by its key; and from reading all rollups at once for thousands of
periods, which would grow with their history: each period is looked up by its key."""


@dataclass(frozen=True, eq=False)
class Period:
    """Of which node and scheme the tallies are summed, from one day to another, both included; columns of `outer`."""

    code: ColumnElement[Any]
    scheme: ColumnElement[Any]
    since: ColumnElement[Any]
    until: ColumnElement[Any]
    outer: tuple[FromClause, ...]


@dataclass(frozen=True, eq=False)
class RolledUp:
    """The rollups of a tree, with its closure. `node` is the name of a node in both, and in the deltas."""

    rollups: Table
    closure: Table
    node: str

    def folded(self, period: Period) -> Select[Any]:
        """Days and months of the period, for use in a LATERAL subquery; nothing where it has no days."""
        r, span = self.rollups, _spans(period)
        of_node = (r.c[self.node] == period.code, r.c.scheme == period.scheme, r.c.span == span.c.span)
        in_span = (r.c.begins_on >= span.c.since, r.c.begins_on < span.c.before)
        return (
            select(*((span.c.sign * r.c[name]).label(name) for name in SUMS))
            .select_from(span.join(r, and_(*of_node, *in_span)))
            .correlate(*period.outer)
        )

    def unfolded(self, period: Period) -> Select[Any]:
        """What was added in the period and is not folded yet, for use in a LATERAL subquery on few periods."""
        above = (
            select(literal_column("1"))
            .where(self.closure.c[self.node] == _d[self.node], self.closure.c.ancestor_code == period.code)
            .offset(_NOT_MERGED)
            .correlate(TALLY_DELTAS, *period.outer)
            .exists()
        )
        return (
            select(*(_d[name] for name in SUMS))
            .where(_d.scheme == period.scheme, _d.day.between(period.since, period.until), above)
            .correlate(*period.outer)
        )

    @cached_property
    def fresh(self) -> CTE:
        """What is not folded yet, by node and day: read once for many periods."""
        above = (
            select(self.closure.c.ancestor_code)
            .where(self.closure.c[self.node] == _d[self.node])
            .offset(_NOT_MERGED)
            .correlate(TALLY_DELTAS)
            .lateral("above")
        )
        totals = (func.sum(_d[name]).label(name) for name in SUMS)
        return (
            select(above.c.ancestor_code.label("code"), _d.scheme, _d.day, *totals)
            .select_from(TALLY_DELTAS.join(above, true()))
            .group_by(above.c.ancestor_code, _d.scheme, _d.day)
            .cte(f"fresh_{self.node}")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )

    def sums(self, periods: FromClause, *ids: str) -> Select[Any]:
        """The sums of each of many periods that has any, by the columns that tell them apart.

        The periods have the columns `code`, `scheme`, `since` and `until`.
        """
        p = periods.c
        folded = (
            self.folded(Period(p.code, p.scheme, p.since, p.until, (periods,))).offset(_NOT_MERGED).lateral("folded")
        )
        f = self.fresh.c
        in_period = and_(f.code == p.code, f.scheme == p.scheme, f.day.between(p.since, p.until))
        key = [p[name] for name in ids]
        both = union_all(
            select(*key, *(folded.c[name] for name in SUMS)).select_from(periods.join(folded, true())),
            select(*key, *(f[name] for name in SUMS)).select_from(periods.join(self.fresh, in_period)),
        ).subquery("both")
        by = [both.c[name] for name in ids]
        return select(*by, *(func.sum(both.c[name]).label(name) for name in SUMS)).group_by(*by)


def _spans(period: Period) -> FromClause:
    """The whole months of the period, the days before them, and the days after them; or, with the month in which the
    period ends, the days after the period, which count against it."""
    since, after = period.since, period.until + 1
    first, last = cast(func.date_trunc(_MONTH, since - 1) + _A_MONTH, Date), cast(func.date_trunc(_MONTH, after), Date)
    is_whole = and_(last >= first, after - last > DAYS_ADDED)
    next_month = cast(last + _A_MONTH, Date)

    def span(kind: ColumnElement[Any], since: Any, before: Any, sign: Any = _ADDED) -> Select[Any]:
        days = (kind.label("span"), since.label("since"), before.label("before"), sign.label("sign"))
        return select(*days).where(period.since <= period.until).correlate(*period.outer)

    spans: CompoundSelect[Any] = union_all(
        span(_MONTH, first, case((is_whole, next_month), else_=last)),
        span(_DAY, since, func.least(first, after)),
        span(
            _DAY,
            case((is_whole, after), else_=func.greatest(last, first)),
            case((is_whole, next_month), else_=after),
            case((is_whole, _TAKEN_OFF), else_=_ADDED),
        ),
    )
    return spans.lateral("spans")


UNITS: Final = RolledUp(table_of(UnitRollupRow), table_of(UnitAncestorRow), "unit_code")
ORGANISATIONS: Final = RolledUp(table_of(OrganisationRollupRow), table_of(OrganisationAncestorRow), "organisation_code")
