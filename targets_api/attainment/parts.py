"""The parts of a unit whose baselines add up to its own, where it has none.

Those are the social-insurance units and communes below it that have a baseline, but for those below another such part.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import CompoundSelect, FromClause, exists, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.unnest import table_of
from services.vocabulary import UnitLevel
from targets_api.tables.hierarchy import UnitAncestorRow, UnitRow
from targets_api.tables.targets import BaselineRow

PARTS: Final[tuple[UnitLevel, ...]] = ("insurance_unit", "commune")
_below, _between = table_of(UnitAncestorRow).alias("below"), table_of(UnitAncestorRow).alias("between")
_u, _b = table_of(UnitRow).alias("part"), table_of(BaselineRow).alias("counted")


def parts_of(
    code: ColumnElement[Any], scheme: ColumnElement[Any], until: ColumnElement[Any], *outer: FromClause
) -> CompoundSelect[Any]:
    """`unit_code` of the unit `code` itself where it has a baseline of the scheme up to the day `until`, else of its
    parts that have. For use in a LATERAL subquery of a statement on `outer`."""

    def has_baseline(unit: ColumnElement[Any], *inner: FromClause) -> ColumnElement[bool]:
        of_unit = exists().where(_b.c.unit_code == unit, _b.c.scheme == scheme, _b.c.on <= until)
        return of_unit.correlate(*outer, *inner)

    own = select(code.label("unit_code")).where(has_baseline(code)).correlate(*outer)
    above_part = (
        exists()
        .where(
            _between.c.unit_code == _below.c.unit_code,
            _between.c.depth > 0,
            _between.c.depth < _below.c.depth,
            has_baseline(_between.c.ancestor_code, _between),
        )
        .correlate(_below, *outer)
    )
    below = (
        select(_below.c.unit_code)
        .join_from(_below, _u, _u.c.code == _below.c.unit_code)
        .where(
            ~has_baseline(code),
            _below.c.ancestor_code == code,
            _below.c.depth > 0,
            or_(*(_u.c.level == level for level in PARTS)),
            has_baseline(_below.c.unit_code, _below),
            ~above_part,
        )
        .correlate(*outer)
    )
    return union_all(own, below)
