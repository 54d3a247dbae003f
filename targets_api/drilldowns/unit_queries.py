"""Who signed up in a unit and below it, and how much: of one page, by code."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
)

from services.persistence.statements import Query
from services.persistence.unnest import table_of
from targets_api.progress.figures import OrganisationFigures
from targets_api.progress.owner_figures import figures_of_collectors
from targets_api.progress.sql import SPLIT_BY_ORGANISATION
from targets_api.progress.sums import Sums
from targets_api.progress.target_figures import KEYS, targets_of
from targets_api.tables.hierarchy import CollectorRow, OrganisationRow, UnitAncestorRow
from targets_api.tables.ledger import TallyRow
from targets_api.tables.rollups import SUMS
from targets_api.tables.targets import TargetRow

NARROW: Final = 500
"""So many units at most, and whoever signed up there is found by their tallies; of more by those of each collector."""

_k, _o, _c = KEYS.c, table_of(OrganisationRow).c, table_of(CollectorRow).c
_tallies, _above = table_of(TallyRow), table_of(UnitAncestorRow)
_x, _a, _t = _tallies.c, _above.c, table_of(TargetRow).c
_unit, _after = bindparam("unit_code", type_=Text), bindparam("after", type_=Text)
_limit = bindparam("limit", type_=Integer)
_one_by_one: ColumnElement[Any] = literal_column("0")
"""OFFSET 0 keeps PostgreSQL from another order: a page ends with the collector who fills it."""


def _organisation(place: int, code: str, name: str, *of_kind: Any) -> OrganisationFigures:
    sums = Sums._make(map(int, of_kind))
    counts = (sums.new, sums.renewal, sums.cancelled, sums.contributions, sums.without_amount)
    return OrganisationFigures(place, *counts, code, name)


_parts = SPLIT_BY_ORGANISATION.columns(column("value", Text), *(column(name, BigInteger) for name in SUMS)).subquery(
    "s"
)
ORGANISATIONS_IN_UNIT: Final = Query(
    _organisation,
    select(
        func.row_number().over(order_by=_o.code).label("place"), _o.code, _o.name, *(_parts.c[name] for name in SUMS)
    )
    .join_from(_parts, table_of(OrganisationRow), _o.code == _parts.c.value)
    .where(or_(_after.is_(None), _o.code > _after))
    .order_by(_o.code)
    .limit(_limit),
)
"""With `split_values`."""

UNITS_BELOW: Final = select(func.count()).select_from(
    select(_a.unit_code).where(_a.ancestor_code == _unit).limit(_limit).subquery("below")
)
"""How many units are at or below one, counted up to a limit."""

_counts = (
    _x.scheme == bindparam("scheme", type_=Text),
    _x.day.between(bindparam("since", type_=Date), bindparam("until", type_=Date)),
    _x.n + _x.cancelled > 0,
)
_is_in_unit = (
    select(literal_column("1"))
    .where(_a.unit_code == _x.unit_code, _a.ancestor_code == _unit)
    .offset(_one_by_one)
    .correlate(_tallies)
    .exists()
)


def _page(who: ColumnElement[bool]) -> Select[Any]:
    page = select(_c.code).where(who, or_(_after.is_(None), _c.code > _after))
    return page.order_by(_c.code).limit(_limit)


_of_unit = (
    select(_x.collector_code)
    .where(_x.unit_code == _a.unit_code, *_counts)
    .offset(_one_by_one)
    .correlate(_above)
    .lateral("of_unit")
)
_found = (
    select(_of_unit.c.collector_code)
    .select_from(_above.join(_of_unit, true()))
    .where(_a.ancestor_code == _unit)
    .distinct()
    .cte("found")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)
COLLECTORS_IN_NARROW: Final = _page(_c.code.in_(select(_found.c.collector_code)))
COLLECTORS_IN_WIDE: Final = _page(
    select(literal_column("1"))
    .where(_x.collector_code == _c.code, *_counts, _is_in_unit)
    .offset(_one_by_one)
    .correlate(table_of(CollectorRow))
    .exists()
)
"""The same collectors."""
FIGURES_OF_COLLECTORS: Final = figures_of_collectors(_is_in_unit)
TARGETS_OF_ORGANISATIONS: Final = targets_of(
    _t.unit_code == _unit, _t.organisation_code == _k.code, _t.collector_code.is_(None)
)
TARGETS_OF_COLLECTORS: Final = targets_of(_t.unit_code == _unit, _t.collector_code == _k.code)
