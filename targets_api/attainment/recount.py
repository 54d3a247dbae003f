"""Count targets anew from the tallies: when one is set, its baseline changes, or units move.

Needs the exclusive lock on counting.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    FromClause,
    Text,
    Uuid,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import LateralFromClause

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.persistence.unnest import among, table_of
from targets_api.attainment.baselines import baselines
from targets_api.attainment.counted import counted_of, is_stock
from targets_api.attainment.parts import has_apart, parts_of
from targets_api.attainment.store import lock_attainment
from targets_api.tables.attainment import AttainmentRow, TargetPartRow
from targets_api.tables.hierarchy import CollectorRow, UnitAncestorRow
from targets_api.tables.targets import TargetRow


class WrongAttainment(NamedTuple):
    """A target that is not as a recount would make it. Where the two counts are the same, something else differs."""

    target_id: UUID
    kept: int
    counted: int


_t, _p, _parts = table_of(TargetRow), table_of(AttainmentRow), table_of(TargetPartRow)
_a, _b = table_of(UnitAncestorRow).alias("merged"), baselines("baseline")
_collectors = table_of(CollectorRow)
_of_stock = parts_of(_t.c.unit_code, _t.c.scheme, _t.c.ends_on, _t).lateral("of_stock")
_counted = (
    select(
        _t.c.id,
        func.coalesce(_of_stock.c.unit_code, _t.c.unit_code).label("unit_code"),
        *(_t.c[name] for name in ("organisation_code", "collector_code", "scheme", "measure", "starts_on", "ends_on")),
        and_(
            _of_stock.c.unit_code.is_not(None),
            or_(_of_stock.c.unit_code != _t.c.unit_code, has_apart(_t.c.unit_code, _t)),
        ).label("is_part"),
    )
    .select_from(_t.outerjoin(_of_stock, is_stock(_t)))
    .where(_t.c.id == among("ids", Uuid()))
    .cte("counted")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)
"""A row for each target; for each of its parts, where it is measured from their baselines, or counts some units and not
others."""
_q = _counted.c


def _baseline(
    name: str, *within: ColumnElement[bool], earliest: bool = False, outer: Sequence[FromClause] = ()
) -> LateralFromClause:
    """The latest (or earliest) baseline that a stock target is measured from, of those `within` certain days."""
    day = _b.c.on.asc() if earliest else _b.c.on.desc()
    days = (day, _b.c.population.desc())
    of_part = (_b.c.unit_code == _q.unit_code, _b.c.scheme == _q.scheme)
    found = select(_b).where(is_stock(_counted), *of_part, *within).order_by(*days).limit(1)
    return found.correlate(_counted, *outer).lateral(name)


_latest = _baseline("latest", _b.c.on <= _q.ends_on)
_same_area = ~(
    exists()
    .where(_a.c.ancestor_code == _q.unit_code, _a.c.apart_until >= _b.c.on, _a.c.apart_until < _latest.c.on)
    .correlate(_counted, _b, _latest)
)
"""The baseline counts the same units as the latest one: none was merged into this one in between."""
_before = _baseline("before", _b.c.on < _q.starts_on, _same_area, outer=[_latest])
_first = _baseline("first", _b.c.on.between(_q.starts_on, _q.ends_on), _same_area, earliest=True, outer=[_latest])
_count_from = func.coalesce(_latest.c.on + 1, _q.starts_on)
_start_from = _before.c.on + 1


def _sum(name: str, since: ColumnElement[Any], until: ColumnElement[Any]) -> LateralFromClause:
    n = counted_of(_counted, since, until, _before, latest=_latest).lateral(f"counted_{name}").c.n
    return select(func.coalesce(func.sum(n), 0).label("n")).correlate(_counted, _latest, _before).lateral(name)


_since = _sum("since", _count_from, _q.ends_on)
_early = _sum("early", _start_from, _q.starts_on - 1)
_from_baselines = (
    _counted.outerjoin(_latest, true())
    .outerjoin(_before, true())
    .outerjoin(_first, true())
    .join(_since, true())
    .join(_early, true())
)
_began = func.coalesce(_before.c.covered + _early.c.n, _first.c.covered, 0)
_new = (
    select(
        _q.id,
        case((func.bool_or(_q.is_part), func.max(_q.ends_on) + 1), else_=func.max(_count_from)).label("count_from"),
        case((~func.bool_or(_q.is_part), func.max(_start_from))).label("start_from"),
        case((~func.bool_or(_before.c.on.is_not(None)), func.min(_first.c.on) + 1)).label("measured_from"),
        func.nullif(func.sum(func.coalesce(_before.c.population, _first.c.population)), 0).label("population_at_start"),
        func.nullif(func.sum(_latest.c.population), 0).label("population"),
        func.sum(func.coalesce(_latest.c.covered, 0) + _since.c.n).label("achieved"),
        func.sum(_began).label("covered_at_start"),
    )
    .select_from(_from_baselines)
    .group_by(_q.id)
    .subquery("new")
)
_KEPT: Final = ("achieved", "covered_at_start", "population", "population_at_start")
_KEPT_DAYS: Final = ("count_from", "start_from", "measured_from")
RECOUNT: Final = (
    update(_p).where(_p.c.target_id == _new.c.id).values({name: _new.c[name] for name in (*_KEPT, *_KEPT_DAYS)})
)
"""Counting begins after the latest baseline up to the end of the period, else at its start.

The target began at the latest baseline before the period with the sign-ups up to the start, else at the first within
it; where no part has one before, it is measured from the day after the first. Where parts have the baselines, the
target has the sums of theirs, and nothing is counted for it but by part."""
FORGET_PARTS: Final = delete(_parts).where(_parts.c.target_id == among("ids", Uuid()))
_new_parts = (
    select(_q.id.label("target_id"), _q.unit_code, _count_from.label("count_from"), _start_from.label("start_from"))
    .select_from(_counted.outerjoin(_latest, true()).outerjoin(_before, true()))
    .where(_q.is_part)
)
INSERT_PARTS: Final = insert(_parts).from_select(["target_id", "unit_code", "count_from", "start_from"], _new_parts)
_kept_parts = select(_parts).where(_parts.c.target_id == among("ids", Uuid()))
_wrong_parts = union_all(_new_parts.except_all(_kept_parts), _kept_parts.except_all(_new_parts)).subquery("wrong_parts")
WRONG: Final = Query(
    WrongAttainment,
    select(_p.c.target_id, _p.c.achieved.label("kept"), _new.c.achieved.label("counted"))
    .join_from(_p, _new, _new.c.id == _p.c.target_id)
    .where(
        or_(
            *(_p.c[name].is_distinct_from(_new.c[name]) for name in (*_KEPT, *_KEPT_DAYS)),
            _p.c.target_id.in_(select(_wrong_parts.c.target_id)),
        )
    )
    .order_by(_p.c.target_id),
)
"""The targets that a recount would change."""
OF_UNITS: Final = select(_t.c.id).where(_t.c.unit_code == among("codes", Text())).order_by(_t.c.id)
OF_REGROUPED: Final = (
    select(_t.c.id)
    .where(
        or_(_t.c.unit_code == among("regrouped", Text()), and_(is_stock(_t), _t.c.unit_code == among("above", Text())))
    )
    .order_by(_t.c.id)
)
OF_ORGANISATIONS: Final = select(_t.c.id).where(_t.c.organisation_code == among("codes", Text())).order_by(_t.c.id)

_OF_COLLECTOR_ALONE = _t.c.organisation_code.is_(None)
OF_COLLECTORS: Final = (
    select(_t.c.id).where(_OF_COLLECTOR_ALONE, _t.c.collector_code == among("codes", Text())).order_by(_t.c.id)
)
OWNED_BY: Final = (
    select(_t.c.id)
    .outerjoin(_collectors, and_(_OF_COLLECTOR_ALONE, _collectors.c.code == _t.c.collector_code))
    .where(func.coalesce(_t.c.organisation_code, _collectors.c.organisation_code) == among("codes", Text()))
    .order_by(_t.c.id)
)


async def recount(work: UnitOfWork, target_ids: Sequence[UUID]) -> None:
    """Set the attainment of the targets to what the tallies and baselines say now."""
    if target_ids:
        await lock_attainment(work, target_ids)
        await work.execute(RECOUNT, {"ids": list(target_ids)})
        await work.execute(FORGET_PARTS, {"ids": list(target_ids)})
        await work.execute(INSERT_PARTS, {"ids": list(target_ids)})


async def targets_of_units(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets with one of the units in their scope."""
    return await _ids(session, OF_UNITS, codes)


async def targets_of_regrouped(session: ReadSession, regrouped: Collection[str], above: Collection[str]) -> list[UUID]:
    """Targets with one of the regrouped units in their scope, and stocks of those above what has moved."""
    values = {"regrouped": list(regrouped), "above": list(above)}
    return list(await session.scalars(OF_REGROUPED, values)) if above else []


async def targets_of_organisations(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets with one of the organisations in their scope."""
    return await _ids(session, OF_ORGANISATIONS, codes)


async def targets_of_collectors(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets with one of the collectors in their scope, and no organisation."""
    return await _ids(session, OF_COLLECTORS, codes)


async def targets_owned_by(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets that belong to one of the organisations: it is named, or it is that of the collector."""
    return await _ids(session, OWNED_BY, codes)


async def _ids(session: ReadSession, statement: Any, codes: Collection[str]) -> list[UUID]:
    return list(await session.scalars(statement, {"codes": list(codes)})) if codes else []
