"""Reads of the sign-ups that count for a target, by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Date, Select, Text, Uuid, bindparam, case, exists, func, literal_column, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from targets_api.attainment import rolled_up
from targets_api.attainment.rolled_up import RolledUp
from targets_api.domain.curve import Revised
from targets_api.domain.pace import Progress
from targets_api.domain.target import Target, counted_kind
from targets_api.progress.coverage import stock_of
from targets_api.progress.target_figures import KEYS
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.hierarchy import OrganisationAncestorRow, UnitAncestorRow
from targets_api.tables.ledger import TallyRow
from targets_api.tables.rollups import TALLY_DELTAS
from targets_api.tables.targets import TargetChangeRow


class SignedUp(NamedTuple):
    """How many of the kind that counts were signed up on a day, without those that were cancelled since."""

    day: date
    n: int


class Stock(NamedTuple):
    """Population and persons covered at the end of a day; None without a baseline."""

    place: int
    population: int | None
    covered: int | None


_x, _d = table_of(TallyRow).c, TALLY_DELTAS.c
_ua, _oa = table_of(UnitAncestorRow).c, table_of(OrganisationAncestorRow).c
_kind, _scheme = bindparam("kind", type_=Text), bindparam("scheme", type_=Text)
_since, _until = bindparam("since", type_=Date), bindparam("until", type_=Date)
_unit, _organisation = bindparam("unit_code", type_=Text), bindparam("organisation_code", type_=Text)
_collector = bindparam("collector_code", type_=Text)


def _of_kind(columns: Any) -> ColumnElement[Any]:
    return case((_kind == "new", columns.n_new), else_=columns.n_renewal)


def _rolled_up(tree: RolledUp, code: ColumnElement[Any]) -> Query[SignedUp]:
    r, closure = tree.rollups.c, tree.closure.c
    of_node = (r[tree.node] == code, r.scheme == _scheme, r.span == literal_column("'day'"))
    folded = select(r.begins_on.label("day"), _of_kind(r).label("n")).where(
        *of_node, r.begins_on.between(_since, _until)
    )
    is_below = (
        exists().where(closure[tree.node] == _d[tree.node], closure.ancestor_code == code).correlate(TALLY_DELTAS)
    )
    unfolded = select(_d.day, _of_kind(_d)).where(_d.scheme == _scheme, _d.day.between(_since, _until), is_below)
    both = union_all(folded, unfolded).subquery("both")
    return Query(SignedUp, select(both.c.day, func.sum(both.c.n).label("n")).group_by(both.c.day))


def _of_tallies(tallies: Select[Any]) -> Query[SignedUp]:
    of_organisation = exists().where(_oa.organisation_code == _x.organisation_code, _oa.ancestor_code == _organisation)
    narrowed = tallies.where(
        or_(_organisation.is_(None), of_organisation.correlate(table_of(TallyRow))),
        or_(_collector.is_(None), _x.collector_code == _collector),
        *(_x.scheme == _scheme, _x.kind == _kind, _x.day.between(_since, _until)),
    )
    return Query(SignedUp, narrowed.group_by(_x.day))


_TALLIES: Final = table_of(TallyRow)
_BY_DAY: Final = (_x.day, func.sum(_x.n).label("n"))
OF_UNIT: Final = _rolled_up(rolled_up.UNITS, _unit)
OF_ORGANISATION: Final = _rolled_up(rolled_up.ORGANISATIONS, _organisation)
IN_UNIT: Final = _of_tallies(
    select(*_BY_DAY)
    .join_from(_TALLIES, table_of(UnitAncestorRow), _ua.unit_code == _x.unit_code)
    .where(_ua.ancestor_code == _unit)
)
OF_COLLECTOR: Final = _of_tallies(select(*_BY_DAY).where(_x.collector_code == _collector))
_p, _changes = table_of(AttainmentRow).c, table_of(TargetChangeRow).c
_stock = stock_of(KEYS)
STOCKS: Final = Query(Stock, select(_stock.c.place, _stock.c.population, _stock.c.covered))
_target_id = bindparam("target_id", type_=Uuid)
_AT_START: Final = ("covered_at_start", "population", "measured_from", "population_at_start")
BEGUN: Final = Query(
    Progress,
    select(_p.covered_at_start.label("achieved"), *(_p[name] for name in _AT_START)).where(_p.target_id == _target_id),
)
REVISIONS: Final = Query(
    Revised,
    select(*(_changes[name] for name in Revised._fields))
    .where(_changes.target_id == _target_id, _changes.value.is_not(None))
    .order_by(_changes.version),
)


async def signed_up(session: ReadSession, target: Target, until: date) -> dict[date, int]:
    """What counts for the target by day, from its start to the day `until`; only days that have any."""
    values = {
        **{name: getattr(target.scope, name) for name in ("unit_code", "organisation_code", "collector_code")},
        "scheme": target.scheme,
        "kind": counted_kind(target.measure),
        "since": target.starts_on,
        "until": min(until, target.ends_on),
    }
    return {each.day: int(each.n) for each in await session.all(_query(target), values)}


def _query(target: Target) -> Query[SignedUp]:
    """By the narrowest part of the scope that has an index; rolled up, for a unit or an organisation alone."""
    scope = target.scope
    if scope.organisation_code is None and scope.collector_code is None:
        return OF_UNIT
    if scope.unit_code is not None:
        return IN_UNIT
    return OF_ORGANISATION if scope.collector_code is None else OF_COLLECTOR


async def stocks_on(session: ReadSession, target: Target, days: Sequence[date]) -> dict[date, Stock]:
    """Who lives in the unit of the target and is covered, at the end of each of the days; only where it is known."""
    same = {"code": target.scope.unit_code, "scheme": target.scheme, "start": target.starts_on}
    columns = {name: [value] * len(days) for name, value in same.items()}
    found = await session.all(STOCKS, {**columns, "on": list(days)}) if days else []
    return {days[stock.place - 1]: stock for stock in found}


async def begun(session: ReadSession, target: Target) -> Progress:
    """Where the target began; nothing is achieved yet."""
    return await session.one(BEGUN, {"target_id": target.id})


async def revisions_of(session: ReadSession, target: Target) -> Sequence[Revised]:
    """Its revisions, oldest first."""
    return await session.all(REVISIONS, {"target_id": target.id})
