"""Count targets anew from the tallies: when one is set, its baseline changes, or units move.

Needs the exclusive lock on counting.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, Uuid, func, select, true, update
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import LateralFromClause

from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.persistence.unnest import among, table_of
from targets_api.attainment.counted import is_stock, tallies_of
from targets_api.attainment.store import LOCK
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.targets import BaselineRow, TargetRow

_t, _p, _b = table_of(TargetRow), table_of(AttainmentRow), table_of(BaselineRow)


def _baseline(name: str, *within: ColumnElement[bool], earliest: bool = False) -> LateralFromClause:
    """The latest (or earliest) baseline that a stock target is measured from, of those `within` certain days."""
    day = _b.c.on.asc() if earliest else _b.c.on.desc()
    of_target = (_b.c.unit_code == _t.c.unit_code, _b.c.scheme == _t.c.scheme)
    return select(_b).where(is_stock(_t), *of_target, *within).order_by(day).limit(1).correlate(_t).lateral(name)


_latest = _baseline("latest", _b.c.on <= _t.c.ends_on)
_before = _baseline("before", _b.c.on < _t.c.starts_on)
_first = _baseline("first", _b.c.on.between(_t.c.starts_on, _t.c.ends_on), earliest=True)
_count_from = func.coalesce(_latest.c.on + 1, _t.c.starts_on)
_start_from = _before.c.on + 1
_counted = tallies_of(_t).lateral("c")
_sums = (
    select(
        func.sum(_counted.c.n).filter(_counted.c.day >= _count_from).label("since"),
        func.sum(_counted.c.n).filter(_counted.c.day >= _start_from, _counted.c.day < _t.c.starts_on).label("early"),
    )
    .where(_counted.c.day.between(func.least(_count_from, _start_from), _t.c.ends_on))
    .lateral("s")
)
_new = (
    select(
        _t.c.id,
        _count_from.label("count_from"),
        _start_from.label("start_from"),
        _latest.c.population,
        (func.coalesce(_latest.c.covered, 0) + func.coalesce(_sums.c.since, 0)).label("achieved"),
        func.coalesce(_before.c.covered + func.coalesce(_sums.c.early, 0), _first.c.covered, 0).label(
            "covered_at_start"
        ),
    )
    .select_from(_t.outerjoin(_latest, true()).outerjoin(_before, true()).outerjoin(_first, true()).join(_sums, true()))
    .where(_t.c.id == among("ids", Uuid()))
    .subquery("new")
)
RECOUNT: Final = (
    update(_p)
    .where(_p.c.target_id == _new.c.id)
    .values({name: _new.c[name] for name in ("achieved", "covered_at_start", "population", "count_from", "start_from")})
)
"""Counting begins after the latest baseline up to the end of the period, else at its start; where the target began is
the latest baseline before the period with the sign-ups up to the start, else the first within it."""
OF_UNITS: Final = select(_t.c.id).where(_t.c.unit_code == among("codes", Text())).order_by(_t.c.id)
OF_ORGANISATIONS: Final = select(_t.c.id).where(_t.c.organisation_code == among("codes", Text())).order_by(_t.c.id)


async def recount(work: UnitOfWork, target_ids: Sequence[UUID]) -> None:
    """Set the attainment of the targets to what the tallies and baselines say now."""
    if target_ids:
        await work.execute(LOCK, {"ids": list(target_ids)})
        await work.execute(RECOUNT, {"ids": list(target_ids)})


async def targets_of_units(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets with one of the units in their scope."""
    return await _ids(session, OF_UNITS, codes)


async def targets_of_organisations(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets with one of the organisations in their scope."""
    return await _ids(session, OF_ORGANISATIONS, codes)


async def _ids(session: ReadSession, statement: Any, codes: Collection[str]) -> list[UUID]:
    return list(await session.scalars(statement, {"codes": list(codes)}))
