"""All baselines: those that were set, and those that follow from a succession.

A unit that began on the day on which it took the place of another had nobody the day before: what it has comes from the
units before it, which keep their baselines, and from its own sign-ups since.
"""

from __future__ import annotations

from typing import get_args

from sqlalchemy import FromClause, Text, literal, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.unnest import table_of
from services.vocabulary import Scheme
from targets_api.tables.hierarchy import UnitRow
from targets_api.tables.targets import BaselineRow

_b, _u = table_of(BaselineRow).c, table_of(UnitRow).c


def baselines(name: str) -> FromClause:
    """`unit_code`, `scheme`, `on`, `population` and `covered` of each, as a part of a statement. Of two of one day, the
    one with the larger population was set."""
    as_set = select(_b.unit_code, _b.scheme, _b.on, _b.population, _b.covered)
    nobody = (
        select(_u.code, literal(scheme, Text), _u.nobody_on, literal(0), literal(0)).where(_u.nobody_on.is_not(None))
        for scheme in get_args(Scheme)
    )
    return union_all(as_set, *nobody).subquery(name)


def covers(on: ColumnElement[object], apart_until: ColumnElement[object]) -> ColumnElement[bool]:
    """Whether a baseline of the day `on` counts a unit that was apart from its own until that day; null: never."""
    return apart_until.is_(None) | (apart_until < on)
