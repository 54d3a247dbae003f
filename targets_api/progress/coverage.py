"""Population and persons covered of a unit: of its own baseline, or of those of its parts, with the sign-ups since."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    FromClause,
    Select,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.unnest import table_of
from services.vocabulary import UnitLevel
from targets_api.attainment import rolled_up
from targets_api.attainment.baselines import baselines, covers
from targets_api.attainment.parts import has_apart, parts_of
from targets_api.tables.hierarchy import UnitAncestorRow, UnitRow
from targets_api.tables.ledger import TallyRow

_x, _a, _b = table_of(TallyRow), table_of(UnitAncestorRow), baselines("baseline")
_commune, _c, _asked = table_of(UnitRow).alias("commune"), _a.alias("communes"), table_of(UnitRow).alias("asked")
_above, _at = _a.alias("above"), _a.alias("at_or_below")
_HIGH: Final[tuple[UnitLevel, ...]] = ("province", "insurance_unit")
_NOBODY: Final = cast(literal("{}"), ARRAY(Text))


def stock_of(key: FromClause) -> FromClause:
    """By the `place` of each key that has a baseline: `population` and `covered` at the end of the day `key.on`."""
    return stock_from(counted_parts(key))


def counted_parts(key: FromClause) -> FromClause:
    """By the `place` of each key: its parts that have a baseline, with what that counted, and the days since then up to
    `key.on`. `is_apart`: whether units below the part were apart from it once."""
    k = key.c
    part = parts_of(k.code, k.scheme, k.on, key).lateral("part")
    count = (
        select(_b.c.on, _b.c.population, _b.c.covered)
        .where(_b.c.unit_code == part.c.unit_code, _b.c.scheme == k.scheme, _b.c.on <= k.on)
        .order_by(_b.c.on.desc(), _b.c.population.desc())
        .limit(1)
        .correlate(key, part)
        .lateral("count")
    )
    return (
        select(
            k.place,
            part.c.unit_code.label("code"),
            k.scheme,
            (count.c.on + 1).label("since"),
            k.on.label("until"),
            count.c.population,
            count.c.covered,
            has_apart(part.c.unit_code, part).label("is_apart"),
        )
        .select_from(key.join(part, true()).join(count, true()))
        .cte("counted")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def stock_from(counted: FromClause) -> FromClause:
    """The same from parts that are known: the columns of `counted_parts`."""
    c, apart = counted.c, _apart(counted)
    since = rolled_up.UNITS.sums(counted, "place").subquery("since")
    total = (
        select(
            c.place,
            func.sum(c.population).label("population"),
            (func.sum(c.covered) - func.sum(apart.c.n)).label("covered"),
        )
        .select_from(counted.join(apart, true()))
        .group_by(c.place)
        .subquery("total")
    )
    covered = total.c.covered + func.coalesce(since.c.n_new, 0)
    return (
        select(
            total.c.place,
            func.nullif(total.c.population, 0).label("population"),
            case((total.c.population > 0, covered)).label("covered"),
        )
        .select_from(total.outerjoin(since, since.c.place == total.c.place))
        .subquery("stock")
    )


def _apart(counted: FromClause) -> FromClause:
    """`n` of the units that were no part yet when they were counted, of each row; LATERAL to it. They are few: each is
    summed from its tallies."""
    c = counted.c
    return (
        select(func.coalesce(func.sum(_x.c.n), 0).label("n"))
        .select_from(_a.join(_x, _x.c.unit_code == _a.c.unit_code))
        .where(c.is_apart, _a.c.ancestor_code == c.code, ~covers(c.since - 1, _a.c.apart_until))
        .where(_x.c.scheme == c.scheme, _x.c.kind == "new", _x.c.day.between(c.since, c.until))
        .correlate(counted)
        .lateral("apart")
    )


def _is_high(key: FromClause) -> ColumnElement[bool]:
    """Whether much lies below the unit, so that baselines are fewer than the units at or below it."""
    is_high = exists().where(_asked.c.code == key.c.code, or_(*(_asked.c.level == level for level in _HIGH)))
    return is_high.correlate(key)


def _counted_in_high(key: FromClause) -> Select[Any]:
    """Units that a baseline at or below counts: each baseline is looked for below."""
    at_or_below = select(_at.c.unit_code).where(_at.c.unit_code == _b.c.unit_code, _at.c.ancestor_code == key.c.code)
    is_below = at_or_below.offset(literal_column("0")).correlate(_b, key).exists()  # OFFSET 0: by key, one by one
    of_baselines = _b.join(_above, _above.c.ancestor_code == _b.c.unit_code)
    return _counted(key, of_baselines).where(_is_high(key), is_below)


def _counted_in_low(key: FromClause) -> Select[Any]:
    """The same: baselines are looked for of each unit at or below."""
    of_units = _at.join(_b, _b.c.unit_code == _at.c.unit_code).join(_above, _above.c.ancestor_code == _b.c.unit_code)
    return _counted(key, of_units).where(~_is_high(key), _at.c.ancestor_code == key.c.code)


def _counted(key: FromClause, baselines_with_units: FromClause) -> Select[Any]:
    return (
        select(_above.c.unit_code)
        .select_from(baselines_with_units)
        .where(_b.c.scheme == key.c.scheme, _b.c.on <= key.c.on, covers(_b.c.on, _above.c.apart_until))
        .where(or_(_b.c.population > 0, has_apart(_b.c.unit_code, _b)))
        .correlate(key)
    )


def without_baseline(key: FromClause) -> FromClause:
    """`codes` of the communes at or below `key.code` that no baseline counts up to `key.on`; LATERAL to `key`. One that
    began as a successor is counted by the baselines of those told below it, and by none where several succeeded.

    Communes that are counted are looked for once a key: a search for each of them took half of a province's time."""
    k = key.c
    counted = union_all(_counted_in_high(key), _counted_in_low(key))
    codes = func.array_agg(aggregate_order_by(_c.c.unit_code, _c.c.unit_code))
    return (
        select(func.coalesce(codes, _NOBODY).label("codes"))
        .join_from(_c, _commune, _commune.c.code == _c.c.unit_code)
        .where(_c.c.ancestor_code == k.code, _commune.c.level == "commune", _c.c.unit_code.not_in(counted))
        .correlate(key)
        .lateral("uncounted")
    )
