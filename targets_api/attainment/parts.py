"""The units from whose baselines that of a unit is made: its own, and of those below it that it does not count.

Below it are the social-insurance units and communes that have a baseline, but for those that a baseline in between
counts: one of a day on which they were part of that unit. A commune that was merged into another has its own until the
other has one of a later day; so has one with several successors, until one of these has.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import CompoundSelect, FromClause, exists, or_, select, true, union_all
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.unnest import table_of
from services.vocabulary import UnitLevel
from targets_api.attainment.baselines import baselines, covers
from targets_api.tables.hierarchy import UnitAncestorRow, UnitRow, UnitSuccessorRow
from targets_api.tables.targets import BaselineRow

PARTS: Final[tuple[UnitLevel, ...]] = ("insurance_unit", "commune")
_ancestors = table_of(UnitAncestorRow)
_below, _between, _apart = _ancestors.alias("below"), _ancestors.alias("between"), _ancestors.alias("apart")
_u, _b = table_of(UnitRow).alias("part"), baselines("counted")
_ANY: Final = true()
_s, _later = table_of(UnitSuccessorRow).alias("successor"), table_of(BaselineRow).alias("later")


def has_apart(code: ColumnElement[Any], *outer: FromClause) -> ColumnElement[bool]:
    """Whether units below this one were apart from it once."""
    apart = exists().where(_apart.c.ancestor_code == code, _apart.c.apart_until.is_not(None))
    return apart.correlate(*outer)


def parts_of(
    code: ColumnElement[Any],
    scheme: ColumnElement[Any],
    until: ColumnElement[Any],
    *outer: FromClause,
    only: ColumnElement[bool] = _ANY,
) -> CompoundSelect[Any]:
    """`unit_code` of the unit `code` itself where it has a baseline of the scheme up to the day `until`, and of its
    parts that this does not count. For use in a LATERAL subquery of a statement on `outer`; of those rows of it alone
    that `only` holds for: asked where the subquery is joined, it would keep PostgreSQL from finding none of them."""

    def has_baseline(
        unit: ColumnElement[Any], *inner: FromClause, counting: ColumnElement[bool] | None = None
    ) -> ColumnElement[bool]:
        of_unit = exists().where(_b.c.unit_code == unit, _b.c.scheme == scheme, _b.c.on <= until)
        return of_unit.where(true() if counting is None else counting).correlate(*outer, *inner)

    own = select(code.label("unit_code")).where(only, has_baseline(code)).correlate(*outer)
    counted_above = (
        exists()
        .where(
            _between.c.unit_code == _below.c.unit_code,
            _between.c.depth > 0,
            _between.c.depth <= _below.c.depth,
            has_baseline(_between.c.ancestor_code, _between, counting=covers(_b.c.on, _between.c.apart_until)),
        )
        .correlate(_below, *outer)
    )
    counted_after = (
        exists()
        .select_from(_s.join(_later, _later.c.unit_code == _s.c.successor_code))
        .where(_s.c.unit_code == _u.c.code, _later.c.scheme == scheme)
        .where(_later.c.on <= until, _later.c.on > _u.c.valid_to)
        .correlate(_u, *outer)
    )
    below = (
        select(_below.c.unit_code)
        .join_from(_below, _u, _u.c.code == _below.c.unit_code)
        .where(
            only,
            or_(~has_baseline(code), has_apart(code, *outer)),
            _below.c.ancestor_code == code,
            _below.c.depth > 0,
            or_(*(_u.c.level == level for level in PARTS)),
            has_baseline(_below.c.unit_code, _below),
            ~counted_above,
            or_(_u.c.valid_to.is_(None), ~counted_after),
        )
        .correlate(*outer)
    )
    return union_all(own, below)
