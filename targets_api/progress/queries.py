"""Reads of progress: the figures of many owners at once, with two statements whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import FromClause, Text, bindparam, func, select, true
from sqlalchemy.sql.elements import ColumnElement

from services.collation import collation_key
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import columns_of, table_of
from services.vocabulary import Kind, RegistryKind, Scheme, UnitLevel
from targets_api.attainment import rolled_up
from targets_api.attainment.rolled_up import RolledUp
from targets_api.domain.series import Days, Other, same_days
from targets_api.domain.splits import SplitBy
from targets_api.hierarchy.queries import known_codes
from targets_api.progress.coverage import stock_from, stock_of, without_baseline
from targets_api.progress.frames import GIVEN, OUTDATED, Frame, columns_of_parts, frames_of
from targets_api.progress.split_sums import Parts, parts_of
from targets_api.progress.sums import PeriodKey, Sums, sums_of
from targets_api.progress.target_figures import KEYS, TargetFigures, targets_of
from targets_api.remembering.kept import Kept, kept_by
from targets_api.tables.hierarchy import CollectorRow, OrganisationRow, UnitRow
from targets_api.tables.ledger import TallyRow
from targets_api.tables.targets import TargetRow


class ProgressKey(NamedTuple):
    """What is asked for: whose progress in which scheme, from which day to which, both included.

    `own_of`: the organisation that asks, where it may know of its own alone. `other`: the period to compare with;
    `split`: what the sign-ups are split by.
    """

    code: str
    scheme: Scheme
    start: date
    on: date
    own_of: str | None = None
    other: Other | None = None
    split: SplitBy | None = None

    @property
    def other_days(self) -> Days | None:
        """The same days of the other period."""
        return same_days(Days(self.start, self.on), self.other) if self.other else None


class UnitFigures(NamedTuple):
    """A unit with all below it; `place` is that of its key, from 1. `covered` and `population` need a baseline, its
    own or those of its parts; `without_baseline` are the communes that none counts."""

    place: int
    new: int
    renewal: int
    cancelled: int
    contributions: int
    without_amount: int
    code: str
    name: str
    level: UnitLevel
    population: int | None
    covered: int | None
    without_baseline: list[str]


class DirectFigures(NamedTuple):
    """Sign-ups of a unit itself, and of none below it."""

    new: int
    renewal: int
    cancelled: int
    contributions: int
    without_amount: int


class OrganisationFigures(NamedTuple):
    """An organisation with all below it."""

    place: int
    new: int
    renewal: int
    cancelled: int
    contributions: int
    without_amount: int
    code: str
    name: str


class CollectorFigures(NamedTuple):
    """A collector."""

    place: int
    new: int
    renewal: int
    cancelled: int
    contributions: int
    without_amount: int
    code: str
    organisation_code: str


class Framed(NamedTuple):
    """Figures of a unit, and whether the frames may be wrong by now."""

    outdated: bool
    figures: UnitFigures


def _framed(outdated: bool, *figures: Any) -> Framed:
    return Framed(outdated, UnitFigures._make([*figures, []]))


F = TypeVar("F", UnitFigures, OrganisationFigures, CollectorFigures)


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
CHILDREN: Final = (
    select(_units.c.code, _units.c.name)
    .where(_units.c.parent_code == bindparam("code", type_=Text))
    .order_by(_units.c.code)
)


@dataclass(frozen=True, slots=True)
class Figures(Generic[F]):
    """An owner's figures, with those of its targets, what was signed up in the period to compare with, and the parts
    of a split."""

    key: ProgressKey
    owner: F
    targets: Sequence[TargetFigures]
    other: Sums | None = None
    parts: Parts | None = None


async def figures_of(
    session: ReadSession, owner: Owner[F], keys: Sequence[ProgressKey], today: date
) -> list[Figures[F] | None]:
    """The figures for each key; None for owners that are not known under that code, in whatever case."""
    columns = columns_of((key._asdict() for key in keys), "code", "scheme", "start", "on")
    owners = {found.place: found for found in await _owners(session, owner, keys, columns)}
    targets: dict[int, list[TargetFigures]] = {}
    for found in await session.all(owner.targets, {**columns, "today": today}):
        targets.setdefault(found.place, []).append(found)
    figures = [
        Figures(key, owners[place], targets.get(place, ())) if place in owners else None
        for place, key in enumerate(keys, start=1)
    ]
    return await _of_another_case(session, owner, keys, today, figures) if None in figures else figures


async def _owners(
    session: ReadSession, owner: Owner[F], keys: Sequence[ProgressKey], columns: Mapping[str, Any]
) -> Sequence[F]:
    """Whoever keeps frames reads units by them; unless they are outdated, or there are none."""
    kept = kept_by(session) if owner is UNITS else None
    found: Any = await _framed_units(session, kept, keys, columns) if kept else None
    return await session.all(owner.figures, columns) if found is None else found


async def _framed_units(
    session: ReadSession, kept: Kept, keys: Sequence[ProgressKey], columns: Mapping[str, Any]
) -> list[UnitFigures] | None:
    frames = await frames_of(session, kept, [(key.code, key.scheme, key.on) for key in keys])
    values = {**columns, **columns_of_parts(frames), "seen": kept.snapshot}
    found = await session.all(FRAMED_UNITS, values)
    if any(each.outdated for each in found):
        return None
    return [_in_frame(each.figures, frames[each.figures.place - 1]) for each in found]


def _in_frame(figures: UnitFigures, frame: Frame) -> UnitFigures:
    return figures._replace(without_baseline=frame.without_baseline)


async def _of_another_case(
    session: ReadSession, owner: Owner[F], keys: Sequence[ProgressKey], today: date, found: list[Figures[F] | None]
) -> list[Figures[F] | None]:
    """Codes that differ only in case are one: those that were not found are looked up as they are registered."""
    unknown = [key for key, each in zip(keys, found, strict=True) if each is None]
    known = await known_codes(session, owner.name, {key.code for key in unknown})
    registered = {key: key._replace(code=known[key.code]) for key in unknown if key.code in known}
    again = await figures_of(session, owner, list(registered.values()), today) if registered else []
    by_key = dict(zip(registered, again, strict=True))
    return [each or by_key.get(key) for key, each in zip(keys, found, strict=True)]


async def with_others(
    session: ReadSession, owner: Owner[F], found: Sequence[Figures[F] | None]
) -> list[Figures[F] | None]:
    """As found; with what was signed up on the same days of the other period, where that is asked for."""
    asked = [(each, days) for each in found if each and (days := each.key.other_days)]
    keys = [PeriodKey(each.owner.code, each.key.scheme, *days) for each, days in asked]
    sums = await sums_of(session, owner.name, keys)
    others = {id(each): of_other for (each, _), of_other in zip(asked, sums, strict=True)}
    return [each and replace(each, other=others.get(id(each))) for each in found]


async def with_parts(
    session: ReadSession, owner: Owner[F], found: Sequence[Figures[F] | None]
) -> list[Figures[F] | None]:
    """As found; with the parts of the split that is asked for."""
    return [each and await _with_parts(session, owner, each) for each in found]


async def _with_parts(session: ReadSession, owner: Owner[F], figures: Figures[F]) -> Figures[F]:
    key = figures.key
    if key.split is None:
        return figures
    period = PeriodKey(figures.owner.code, key.scheme, key.start, key.on)
    return replace(figures, parts=await parts_of(session, owner.name, period, key.split))


async def children_of(session: ReadSession, unit_code: str) -> list[str]:
    """Codes of the units directly below, by name in the order of the Vietnamese alphabet."""
    children = (await session.execute(CHILDREN, {"code": unit_code})).all()
    return [child.code for child in sorted(children, key=lambda child: collation_key(child.name))]


def direct_figures(unit: UnitFigures, children: Sequence[UnitFigures]) -> DirectFigures:
    """What was signed up in the unit itself: what it has beyond its children, all of them read by one statement."""
    return DirectFigures._make(
        getattr(unit, name) - sum(getattr(child, name) for child in children) for name in DirectFigures._fields
    )
