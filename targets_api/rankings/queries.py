"""Reads of what is ranked by: of all candidates at once, with one statement whatever their number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Date, FromClause, Select, Text, and_, exists, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.statements import Query
from services.persistence.unnest import among, table_of, unnest
from services.vocabulary import RegistryKind
from targets_api.attainment import rolled_up
from targets_api.attainment.rolled_up import RolledUp
from targets_api.attainment.rows import TARGET_COLUMNS, target_of
from targets_api.domain.target import Target
from targets_api.progress.coverage import stock_of
from targets_api.progress.target_figures import COLUMNS_AS_OF, KEYS
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.hierarchy import OrganisationAncestorRow
from targets_api.tables.ledger import TallyRow
from targets_api.tables.targets import TargetRow


class Sums(NamedTuple):
    """Sign-ups of a period: `new` and `renewal` with those that were cancelled since, `n_new` and `n_renewal` without,
    as they count for targets."""

    place: int
    n_new: int
    n_renewal: int
    new: int


class Stock(NamedTuple):
    """Population and persons covered at the end of a day; None without a baseline."""

    place: int
    population: int | None
    covered: int | None


class TargetBegun(NamedTuple):
    """A target whose period includes a day, with its value of that day, and where it began."""

    place: int
    covered_at_start: int
    population: int | None
    measured_from: date | None
    population_at_start: int | None
    target: Target


def _target_begun(*columns: Any) -> TargetBegun:
    own, target = columns[: -len(TARGET_COLUMNS)], columns[-len(TARGET_COLUMNS) :]
    return TargetBegun._make([*own, target_of(*target)])


_k, _t, _p = KEYS, table_of(TargetRow), table_of(AttainmentRow)
_x, _oa = table_of(TallyRow), table_of(OrganisationAncestorRow)
_periods = (
    select(unnest("period", "place", code=Text(), organisation_code=Text(), scheme=Text(), since=Date(), until=Date()))
    .cte("periods")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)


def _sums_of(tree: RolledUp) -> Query[Sums]:
    s = tree.sums(_periods, "place").subquery("s")
    new = (s.c.n_new + s.c.cancelled_new).label("new")
    return Query(Sums, select(s.c.place, s.c.n_new, s.c.n_renewal, new))


def _of_kind(count: ColumnElement[Any], kind: str) -> ColumnElement[Any]:
    return func.coalesce(func.sum(count).filter(_x.c.kind == kind), 0)


_for_organisation = or_(
    _periods.c.organisation_code.is_(None),
    exists()
    .where(_oa.c.organisation_code == _x.c.organisation_code, _oa.c.ancestor_code == _periods.c.organisation_code)
    .correlate(_periods, _x),
)
_of_collector = and_(
    _x.c.collector_code == _periods.c.code,
    _for_organisation,
    _x.c.scheme == _periods.c.scheme,
    _x.c.day.between(_periods.c.since, _periods.c.until),
)
SUMS: Final[Mapping[RegistryKind, Query[Sums]]] = {
    "unit": _sums_of(rolled_up.UNITS),
    "organisation": _sums_of(rolled_up.ORGANISATIONS),
    "collector": Query(
        Sums,
        select(
            _periods.c.place,
            _of_kind(_x.c.n, "new").label("n_new"),
            _of_kind(_x.c.n, "renewal").label("n_renewal"),
            _of_kind(_x.c.n + _x.c.cancelled, "new").label("new"),
        )
        .join_from(_periods, _x, _of_collector)
        .group_by(_periods.c.place),
    ),
}
"""Of each period in which there was any; of a collector, where an organisation is named, what they signed up for it and
those below it."""
_stock: FromClause = stock_of(_k)
STOCKS: Final = Query(Stock, select(_stock.c.place, _stock.c.population, _stock.c.covered))


def _targets(*of_owner: ColumnElement[bool]) -> Query[TargetBegun]:
    in_force = (_t.c.withdrawn_on.is_(None)) | (_t.c.withdrawn_on > _k.c.on)
    statement: Select[Any] = (
        select(
            _k.c.place,
            _p.c.covered_at_start,
            _p.c.population,
            _p.c.measured_from,
            _p.c.population_at_start,
            *COLUMNS_AS_OF,
        )
        .select_from(_k.join(_t, and_(*of_owner)).join(_p, _p.c.target_id == _t.c.id))
        .where(_t.c.scheme == _k.c.scheme, _k.c.on.between(_t.c.starts_on, _t.c.ends_on), in_force)
        .where(_t.c.measure == among("measures", Text()))
    )
    return Query(_target_begun, statement)


_no_unit, _no_collector = _t.c.unit_code.is_(None), _t.c.collector_code.is_(None)
_no_organisation = _t.c.organisation_code.is_(None)
TARGETS: Final[Mapping[RegistryKind, Query[TargetBegun]]] = {
    "unit": _targets(_t.c.unit_code == _k.c.code, _no_organisation, _no_collector),
    "organisation": _targets(_t.c.organisation_code == _k.c.code, _no_unit, _no_collector),
    "collector": _targets(_t.c.collector_code == _k.c.code, _no_unit),
}
"""Those of the owner alone: a target of an office in one commune says nothing of the office. Of collectors also those
for an organisation, as the shares of its targets are."""
