"""What targets have reached by their baselines and by what is folded of the tallies, and by which parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, FromClause, Select, Uuid, and_, case, cast, exists, func, or_, select, true
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import LateralFromClause

from services.persistence.statements import Query
from services.persistence.unnest import among, table_of
from targets_api.attainment.baselines import baselines
from targets_api.attainment.counted import counted_of, is_stock
from targets_api.attainment.parts import has_apart, parts_of
from targets_api.tables.hierarchy import UnitAncestorRow
from targets_api.tables.targets import TargetRow


class Measured(NamedTuple):
    """A target as its row is to be, but for the sign-ups that are not folded yet."""

    target_id: UUID
    count_from: date
    start_from: date | None
    measured_from: date | None
    population_at_start: int | None
    population: int | None
    achieved: int
    covered_at_start: int


class Part(NamedTuple):
    """A part of a target: see `TargetPartRow`."""

    target_id: UUID
    unit_code: str
    count_from: date
    start_from: date | None


class MeasuredByParts(NamedTuple):
    """A target, with the parts that it is measured by, if any."""

    measured: Measured
    parts: list[Part]


def _by_parts(*columns: Any) -> MeasuredByParts:
    values, parts = columns[: len(Measured._fields)], columns[len(Measured._fields) :]
    measured = Measured(*values)
    return MeasuredByParts(
        measured, [Part(measured.target_id, *part) for part in zip(*(p or () for p in parts), strict=True)]
    )


_t, _a, _b = table_of(TargetRow), table_of(UnitAncestorRow).alias("merged"), baselines("baseline")
_of_stock = parts_of(_t.c.unit_code, _t.c.scheme, _t.c.ends_on, _t, only=is_stock(_t)).lateral("of_stock")
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
    .select_from(_t.outerjoin(_of_stock, true()))
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


def _sum(name: str, since: ColumnElement[Any], until: ColumnElement[Any], *, folded: bool) -> LateralFromClause:
    counted = counted_of(_counted, since, until, _before, latest=_latest, folded=folded).lateral(f"counted_{name}")
    total = func.coalesce(func.sum(counted.c.n), 0).label("n")
    return select(total).correlate(_counted, _latest, _before).lateral(name)


def _whole(total: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(total, BigInteger)


def measuring(*, folded: bool) -> Select[Any]:
    """The columns of `Measured`, by what is folded or by all that was counted.

    Counting begins after the latest baseline up to the end of the period, else at its start. The target began at the
    latest baseline before the period with the sign-ups up to the start, else at the first within it; where no part has
    one before, it is measured from the day after the first. Where parts have the baselines, the target has the sums of
    theirs, and nothing is counted for it but by part.
    """
    since = _sum("since", _count_from, _q.ends_on, folded=folded)
    early = _sum("early", _start_from, _q.starts_on - 1, folded=folded)
    began = func.coalesce(_before.c.covered + early.c.n, _first.c.covered, 0)
    baselines = _counted.outerjoin(_latest, true()).outerjoin(_before, true()).outerjoin(_first, true())
    started_with = func.sum(func.coalesce(_before.c.population, _first.c.population))
    return (
        select(
            _q.id.label("target_id"),
            case((func.bool_or(_q.is_part), func.max(_q.ends_on) + 1), else_=func.max(_count_from)).label("count_from"),
            case((~func.bool_or(_q.is_part), func.max(_start_from))).label("start_from"),
            case((~func.bool_or(_before.c.on.is_not(None)), func.min(_first.c.on) + 1)).label("measured_from"),
            _whole(func.nullif(started_with, 0)).label("population_at_start"),
            _whole(func.nullif(func.sum(_latest.c.population), 0)).label("population"),
            _whole(func.sum(func.coalesce(_latest.c.covered, 0) + since.c.n)).label("achieved"),
            _whole(func.sum(began)).label("covered_at_start"),
        )
        .select_from(baselines.join(since, true()).join(early, true()))
        .group_by(_q.id)
        .order_by(_q.id)
    )


def _of_parts(each: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.array_agg(each).filter(_q.is_part)


MEASURED: Final = Query(
    _by_parts,
    measuring(folded=True).add_columns(
        _of_parts(_q.unit_code).label("unit_codes"),
        _of_parts(_count_from).label("counts_from"),
        _of_parts(_start_from).label("starts_from"),
    ),
)
PARTS: Final = (
    select(_q.id.label("target_id"), _q.unit_code, _count_from.label("count_from"), _start_from.label("start_from"))
    .select_from(_counted.outerjoin(_latest, true()).outerjoin(_before, true()))
    .where(_q.is_part)
)
"""The columns of `Part`."""
