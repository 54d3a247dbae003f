"""The statements by which figures are read: one for each kind of owner, whatever the number of owners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple

from sqlalchemy import FromClause, func, select, true
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.statements import Query
from services.persistence.unnest import table_of
from services.vocabulary import Kind, RegistryKind
from targets_api.attainment import rolled_up
from targets_api.attainment.rolled_up import RolledUp
from targets_api.progress.coverage import stock_from, stock_of, without_baseline
from targets_api.progress.figures import CollectorFigures, F, OrganisationFigures, UnitFigures
from targets_api.progress.frames import GIVEN, OUTDATED
from targets_api.progress.target_figures import KEYS, TargetFigures, targets_of
from targets_api.tables.hierarchy import CollectorRow, OrganisationRow, UnitRow
from targets_api.tables.ledger import TallyRow
from targets_api.tables.targets import TargetRow


class Framed(NamedTuple):
    """Figures of a unit, and whether the frames may be wrong by now."""

    outdated: bool
    figures: UnitFigures


def _framed(outdated: bool, *figures: Any) -> Framed:
    return Framed(outdated, UnitFigures._make([*figures, []]))


@dataclass(frozen=True, eq=False)
class Owner(Generic[F]):
    """A kind of owner: how its figures and its targets are found."""

    name: RegistryKind
    figures: Query[F]
    targets: Query[TargetFigures]


_k, _x, _t = KEYS, table_of(TallyRow), table_of(TargetRow)
_units = table_of(UnitRow)
_organisations, _collectors = table_of(OrganisationRow), table_of(CollectorRow)


def _signed_up(kind: Kind) -> ColumnElement[Any]:
    return func.coalesce(func.sum(_x.c.n + _x.c.cancelled).filter(_x.c.kind == kind), 0).label(kind)


_COUNTS: Final = (
    _signed_up("new"),
    _signed_up("renewal"),
    func.coalesce(func.sum(_x.c.cancelled), 0).label("cancelled"),
    func.coalesce(func.sum(_x.c.amount), 0).label("contributions"),
    func.coalesce(func.sum(_x.c.n - _x.c.with_amount), 0).label("without_amount"),
)
"""New sign-ups and renewals, and how many of both were cancelled; what was paid for the others, and of how many of them
that is not known."""


def _sums(tallies: FromClause, *conditions: ColumnElement[bool]) -> Any:
    return select(*_COUNTS).select_from(tallies).where(_x.c.scheme == _k.c.scheme, *conditions)


_asked = (
    select(_k.c.place, _k.c.code, _k.c.scheme, _k.c.start.label("since"), _k.c.on.label("until"))
    .cte("asked")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)


def _rolled_up(tree: RolledUp) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """The sums of a tree by place, and of these the same as _COUNTS."""
    s = tree.sums(_asked, "place").subquery("s")
    figures = {
        "new": s.c.n_new + s.c.cancelled_new,
        "renewal": s.c.n_renewal + s.c.cancelled_renewal,
        "cancelled": s.c.cancelled_new + s.c.cancelled_renewal,
        "contributions": s.c.amount_new + s.c.amount_renewal,
        "without_amount": s.c.n_new + s.c.n_renewal - s.c.with_amount,
    }
    return s, [func.coalesce(figure, 0).label(name) for name, figure in figures.items()]


_unit_sums, _of_unit = _rolled_up(rolled_up.UNITS)
_organisation_sums, _of_organisation = _rolled_up(rolled_up.ORGANISATIONS)
_stock, _uncounted = stock_of(_k), without_baseline(_k)
_framed_stock = stock_from(GIVEN)
_in_period = _x.c.day.between(_k.c.start, _k.c.on)


def figures_of_collectors(*of_tallies: ColumnElement[bool]) -> Query[CollectorFigures]:
    """What collectors signed up in the period, by those of their tallies that meet the conditions."""
    sums = _sums(_x, _x.c.collector_code == _k.c.code, _in_period, *of_tallies).correlate(_k).lateral("s")
    return Query(
        CollectorFigures,
        select(
            _k.c.place,
            *(sums.c[column.name] for column in _COUNTS),
            _collectors.c.code,
            _collectors.c.organisation_code,
        ).select_from(_k.join(_collectors, _collectors.c.code == _k.c.code).outerjoin(sums, true())),
    )


UNITS: Final = Owner(
    "unit",
    Query(
        UnitFigures,
        select(
            _k.c.place,
            *_of_unit,
            _units.c.code,
            _units.c.name,
            _units.c.level,
            _stock.c.population,
            _stock.c.covered,
            _uncounted.c.codes.label("without_baseline"),
        ).select_from(
            _k.join(_units, _units.c.code == _k.c.code)
            .outerjoin(_unit_sums, _unit_sums.c.place == _k.c.place)
            .outerjoin(_stock, _stock.c.place == _k.c.place)
            .join(_uncounted, true())
        ),
    ),
    targets_of(_t.c.unit_code == _k.c.code, _t.c.organisation_code.is_(None), _t.c.collector_code.is_(None)),
)
FRAMED_UNITS: Final = Query(
    _framed,
    select(
        OUTDATED.label("outdated"),
        _k.c.place,
        *_of_unit,
        _units.c.code,
        _units.c.name,
        _units.c.level,
        _framed_stock.c.population,
        _framed_stock.c.covered,
    ).select_from(
        _k.join(_units, _units.c.code == _k.c.code)
        .outerjoin(_unit_sums, _unit_sums.c.place == _k.c.place)
        .outerjoin(_framed_stock, _framed_stock.c.place == _k.c.place)
    ),
)
"""The figures of UNITS, from frames that are known."""
ORGANISATIONS: Final = Owner(
    "organisation",
    Query(
        OrganisationFigures,
        select(
            _k.c.place,
            *_of_organisation,
            _organisations.c.code,
            _organisations.c.name,
        ).select_from(
            _k.join(_organisations, _organisations.c.code == _k.c.code).outerjoin(
                _organisation_sums, _organisation_sums.c.place == _k.c.place
            )
        ),
    ),
    targets_of(_t.c.organisation_code == _k.c.code, _t.c.collector_code.is_(None)),
)
COLLECTORS: Final = Owner(
    "collector",
    figures_of_collectors(),
    targets_of(_t.c.collector_code == _k.c.code),
)
