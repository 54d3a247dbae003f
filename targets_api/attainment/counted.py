"""The tallies that count for a target, in SQL; `domain.counting` holds the same rule, and a property test holds the two
together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, get_args

from sqlalchemy import (
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.unnest import table_of
from services.vocabulary import Kind, Measure
from targets_api.attainment import rolled_up
from targets_api.attainment.baselines import covers
from targets_api.attainment.rolled_up import Period, RolledUp
from targets_api.domain.target import STOCK_MEASURES, counted_kind
from targets_api.tables.hierarchy import OrganisationAncestorRow, UnitAncestorRow
from targets_api.tables.ledger import TallyRow
from targets_api.tables.rollups import TALLY_DELTAS

_KINDS: Final = {measure: counted_kind(measure) for measure in get_args(Measure)}
_units, _above = table_of(UnitAncestorRow), table_of(OrganisationAncestorRow).alias("above")
_ahead = table_of(TallyRow).alias("ahead")


def any_to_come(today: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether anything was signed up on a day that has not come: asked once a statement, so that whoever takes it off
    pays for it only where there is some. Null where nothing was signed up at all.

    By the last day, which is the end of an index. To ask whether there is a row past a day that the planner does not
    know is planned as a scan, which is expected to meet one soon, and reads all tallies where there is none."""
    last = func.max(_ahead.c.day + literal_column("0", Integer))
    return select(last).correlate(None).scalar_subquery() > today


def is_stock(target: FromClause) -> ColumnElement[bool]:
    """Whether the target is measured by how many are covered, and so counted from a baseline."""
    return or_(*(target.c.measure == measure for measure in sorted(STOCK_MEASURES)))


def counted_of(
    target: FromClause,
    since: ColumnElement[Any],
    until: ColumnElement[Any],
    *others: FromClause,
    latest: FromClause | None = None,
    folded: bool = False,
) -> CompoundSelect[Any]:
    """`n` of what counts for the target from one day to another, both included, in one or several rows.

    The days are columns of the target, or of the `others`. One of the branches finds it: rolled up, for a unit or
    an organisation alone; else the tallies by the narrowest part of the scope that has an index. For use in a LATERAL
    subquery of a statement on these. Where the target is measured from a baseline, `latest`, units count that were part
    of its unit by then. `folded`: only what is folded already, which is what stays the same while nothing is folded.
    """
    t, outer = target.c, (target, *others, *(() if latest is None else (latest,)))
    is_of_unit = and_(t.unit_code.is_not(None), t.organisation_code.is_(None), t.collector_code.is_(None))
    is_of_organisation = and_(t.unit_code.is_(None), t.organisation_code.is_not(None), t.collector_code.is_(None))
    of_unit = Period(t.unit_code, t.scheme, since, until, outer)
    of_organisation = Period(t.organisation_code, t.scheme, since, until, outer)
    return union_all(
        *_rolled_up(rolled_up.UNITS, of_unit, t.measure, is_of_unit, folded),
        *_rolled_up(rolled_up.ORGANISATIONS, of_organisation, t.measure, is_of_organisation, folded),
        *(
            branch.where(leaves.table.c.day.between(since, until)).correlate(*outer)
            for leaves in (_TALLIES, *((_UNFOLDED,) if folded else ()))
            for branch in (*leaves.narrower(target), *(() if latest is None else (leaves.apart(target, latest),)))
        ),
    )


def _rolled_up(
    tree: RolledUp, period: Period, measure: ColumnElement[Any], is_meant: ColumnElement[bool], folded: bool
) -> Iterator[Select[Any]]:
    for sums in (tree.folded(period), *(() if folded else (tree.unfolded(period),))):
        columns = {kind: sums.selected_columns[f"n_{kind}"] for kind in get_args(Kind)}
        of_measure = {each: columns[kind] for each, kind in _KINDS.items()}
        yield sums.where(is_meant).with_only_columns(
            case(of_measure, value=measure).label("n"), maintain_column_froms=True
        )


@dataclass(frozen=True, eq=False)
class _Leaves:
    """The tallies; or the deltas that are not folded yet, to be taken off from them."""

    table: Table

    @cached_property
    def _is_tallies(self) -> bool:
        return "kind" in self.table.c

    def _n(self, target: FromClause) -> ColumnElement[Any]:
        x = self.table.c
        if self._is_tallies:
            return x.n
        return -case({measure: x[f"n_{kind}"] for measure, kind in _KINDS.items()}, value=target.c.measure)

    def _is_of_measure(self, target: FromClause) -> ColumnElement[bool]:
        x = self.table.c
        is_of_scheme = x.scheme == target.c.scheme
        return and_(is_of_scheme, x.kind == case(_KINDS, value=target.c.measure)) if self._is_tallies else is_of_scheme

    def narrower(self, target: FromClause) -> Iterator[Select[Any]]:
        """Of a scope that is narrower than a unit or an organisation."""
        t, x, n = target.c, self.table.c, self._n(target).label("n")
        of_organisation = or_(
            t.organisation_code.is_(None),
            exists()
            .where(_above.c.organisation_code == x.organisation_code, _above.c.ancestor_code == t.organisation_code)
            .correlate(target, self.table),
        )
        of_collector = or_(t.collector_code.is_(None), x.collector_code == t.collector_code)
        below_unit = self.table.join(_units, _units.c.unit_code == x.unit_code)
        in_unit = select(n).select_from(below_unit).where(_units.c.ancestor_code == t.unit_code, of_organisation)
        is_narrower = func.num_nonnulls(t.organisation_code, t.collector_code) > 0
        by_collector = select(n).where(t.unit_code.is_(None), x.collector_code == t.collector_code, of_organisation)
        for branch in (in_unit.where(is_narrower, of_collector), by_collector):
            yield branch.where(self._is_of_measure(target))

    def apart(self, target: FromClause, latest: FromClause) -> Select[Any]:
        """What units that were no part yet when they were counted are taken off by."""
        below_unit = self.table.join(_units, _units.c.unit_code == self.table.c.unit_code)
        was_apart = and_(latest.c.on.is_not(None), ~covers(latest.c.on, _units.c.apart_until))
        of_units = select((-self._n(target)).label("n")).select_from(below_unit)
        return of_units.where(_units.c.ancestor_code == target.c.unit_code, was_apart, self._is_of_measure(target))


_TALLIES: Final = _Leaves(table_of(TallyRow))
_UNFOLDED: Final = _Leaves(TALLY_DELTAS)
