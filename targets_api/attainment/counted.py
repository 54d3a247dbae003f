"""The tallies that count for a target, in SQL; `domain.counting` holds the same rule, and a property test holds the two
together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, get_args

from sqlalchemy import CompoundSelect, FromClause, Select, and_, case, exists, func, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.unnest import table_of
from services.vocabulary import Kind, Measure
from targets_api.attainment import rolled_up
from targets_api.attainment.baselines import covers
from targets_api.attainment.rolled_up import Period, RolledUp
from targets_api.domain.target import STOCK_MEASURES, counted_kind
from targets_api.tables.hierarchy import OrganisationAncestorRow, UnitAncestorRow
from targets_api.tables.ledger import TallyRow

_KINDS: Final = {measure: counted_kind(measure) for measure in get_args(Measure)}
_x, _units = table_of(TallyRow), table_of(UnitAncestorRow)
_above = table_of(OrganisationAncestorRow).alias("above")


def is_stock(target: FromClause) -> ColumnElement[bool]:
    """Whether the target is measured by how many are covered, and so counted from a baseline."""
    return or_(*(target.c.measure == measure for measure in sorted(STOCK_MEASURES)))


def counted_of(
    target: FromClause,
    since: ColumnElement[Any],
    until: ColumnElement[Any],
    *others: FromClause,
    latest: FromClause | None = None,
) -> CompoundSelect[Any]:
    """`n` of what counts for the target from one day to another, both included, in one or several rows.

    The days are columns of the target, or of the `others`. One of the branches finds it: rolled up, for a unit or
    an organisation alone; else the tallies by the narrowest part of the scope that has an index. For use in a LATERAL
    subquery of a statement on these. Where the target is measured from a baseline, `latest`, units count that were part
    of its unit by then.
    """
    t, outer = target.c, (target, *others, *(() if latest is None else (latest,)))
    narrower = _of_tallies(target)
    apart = () if latest is None else (_apart(target, latest),)
    in_days = _x.c.day.between(since, until)
    is_of_unit = and_(t.unit_code.is_not(None), t.organisation_code.is_(None), t.collector_code.is_(None))
    is_of_organisation = and_(t.unit_code.is_(None), t.organisation_code.is_not(None), t.collector_code.is_(None))
    return union_all(
        *_rolled_up(rolled_up.UNITS, Period(t.unit_code, t.scheme, since, until, outer), t.measure, is_of_unit),
        *_rolled_up(
            rolled_up.ORGANISATIONS,
            Period(t.organisation_code, t.scheme, since, until, outer),
            t.measure,
            is_of_organisation,
        ),
        *(branch.where(in_days).correlate(*outer) for branch in (*narrower, *apart)),
    )


def _rolled_up(
    tree: RolledUp, period: Period, measure: ColumnElement[Any], is_meant: ColumnElement[bool]
) -> Iterator[Select[Any]]:
    for sums in (tree.folded(period), tree.unfolded(period)):
        columns = {kind: sums.selected_columns[f"n_{kind}"] for kind in get_args(Kind)}
        of_measure = {each: columns[kind] for each, kind in _KINDS.items()}
        yield sums.where(is_meant).with_only_columns(
            case(of_measure, value=measure).label("n"), maintain_column_froms=True
        )


def _is_of_measure(target: FromClause) -> ColumnElement[bool]:
    return and_(_x.c.scheme == target.c.scheme, _x.c.kind == case(_KINDS, value=target.c.measure))


def _apart(target: FromClause, latest: FromClause) -> Select[Any]:
    """What units that were no part yet when they were counted are taken off by."""
    of_units = select((-_x.c.n).label("n")).select_from(_x.join(_units, _units.c.unit_code == _x.c.unit_code))
    was_apart = and_(latest.c.on.is_not(None), ~covers(latest.c.on, _units.c.apart_until))
    return of_units.where(_units.c.ancestor_code == target.c.unit_code, was_apart, _is_of_measure(target))


def _of_tallies(target: FromClause) -> Iterator[Select[Any]]:
    t = target.c
    of_organisation = or_(
        t.organisation_code.is_(None),
        exists()
        .where(_above.c.organisation_code == _x.c.organisation_code, _above.c.ancestor_code == t.organisation_code)
        .correlate(target, _x),
    )
    of_collector = or_(t.collector_code.is_(None), _x.c.collector_code == t.collector_code)
    below_unit = _x.join(_units, _units.c.unit_code == _x.c.unit_code)
    in_unit = select(_x.c.n).select_from(below_unit).where(_units.c.ancestor_code == t.unit_code, of_organisation)
    is_narrower = func.num_nonnulls(t.organisation_code, t.collector_code) > 0
    by_collector = select(_x.c.n).where(t.unit_code.is_(None), _x.c.collector_code == t.collector_code, of_organisation)
    for branch in (in_unit.where(is_narrower, of_collector), by_collector):
        yield branch.where(_is_of_measure(target))
