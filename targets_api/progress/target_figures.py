"""Targets of the owners whose progress is asked for, as of the day that is asked for."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Date, Integer, Text, bindparam, case, cast, extract, false, func, or_, select, true
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.statements import Query
from services.persistence.unnest import table_of, unnest
from targets_api.attainment.counted import any_to_come, counted_of
from targets_api.attainment.rows import TARGET_COLUMNS, target_of
from targets_api.domain.given import GivenVerdict
from targets_api.domain.target import SHOWN_AFTER_END, Target
from targets_api.tables.attainment import AttainmentRow, VerdictRow
from targets_api.tables.targets import TargetChangeRow, TargetRow


class TargetFigures(NamedTuple):
    """An owner's target. `achieved` is as of the day that is asked for, but for a stock within its period, which is the
    unit's own figure of the day. `lagging`: whether its alert was open by then; `given`: the last verdict up to that
    day, None where it is today."""

    place: int
    achieved: int
    covered_at_start: int
    population: int | None
    measured_from: date | None
    population_at_start: int | None
    lagging: bool
    given: GivenVerdict | None
    target: Target


def _target_figures(*columns: Any) -> TargetFigures:
    own, target = columns[: -len(TARGET_COLUMNS)], columns[-len(TARGET_COLUMNS) :]
    figures, given = own[: -len(_GIVEN)], own[-len(_GIVEN) :]
    return TargetFigures._make([*figures, GivenVerdict(*given) if given[0] else None, target_of(*target)])


KEYS: Final = unnest("k", "place", code=Text(), scheme=Text(), start=Date(), on=Date())
"""What is asked for: `ProgressKey`s, with the place of each, from 1."""
_k, _t, _p, _changes = KEYS, table_of(TargetRow), table_of(AttainmentRow), table_of(TargetChangeRow)
_v = table_of(VerdictRow)
_GIVEN: Final = tuple(_v.c[name] for name in ("on", "until", "status", "severity", "lagging"))
_today = bindparam("today", type_=Date)
_is_past = _k.c.on < _today
_c = counted_of(_t, func.greatest(_k.c.on + 1, _p.c.count_from), _t.c.ends_on, _k, _p).lateral("c")
_later = (
    select(func.sum(_c.c.n).label("n")).where(or_(_is_past, any_to_come(_today))).correlate(_k, _p, _t).lateral("later")
)
_held = (
    select(_changes.c.value)
    .where(_changes.c.target_id == _t.c.id, _changes.c.holds_from <= _k.c.on)
    .order_by(_changes.c.version.desc())
    .limit(1)
    .scalar_subquery()
)
_at_first = (
    select(_changes.c.value_before)
    .where(_changes.c.target_id == _t.c.id, _changes.c.value_before.is_not(None))
    .order_by(_changes.c.version)
    .limit(1)
    .scalar_subquery()
)
_value = case((_is_past, func.coalesce(_held, _at_first, _t.c.value)), else_=_t.c.value)
"""As of the day that is asked for."""
COLUMNS_AS_OF: Final = tuple(_value.label("value") if column.name == "value" else column for column in TARGET_COLUMNS)
"""Of a target, with its value of the day that is asked for; for statements on KEYS with the parameter `today`."""
_given = (
    select(*_GIVEN)
    .where(_is_past, _v.c.target_id == _t.c.id, _v.c.on <= _k.c.on)
    .order_by(_v.c.on.desc())
    .limit(1)
    .correlate(_k, _t)
    .lateral("given")
)
_lagging = case((_is_past, func.coalesce(_given.c.lagging, false())), else_=_p.c.lagging)
_next_year = func.make_date(cast(extract("year", _k.c.on), Integer) + 1, 1, 1)


def targets_of(*of_owner: ColumnElement[bool]) -> Query[TargetFigures]:
    """Targets of the years from `start` to `on`, those that ended at most SHOWN_AFTER_END days before, and those whose
    alert was open; but none that was withdrawn by then.

    What was signed after `on` is taken off again; where `on` is today, that is what waits for its day.
    """
    in_years = (_t.c.scheme == _k.c.scheme, _t.c.starts_on < _next_year)
    is_shown = or_(_t.c.ends_on >= _k.c.start, _t.c.ends_on >= _k.c.on - SHOWN_AFTER_END, _lagging)
    in_force = or_(_t.c.withdrawn_on.is_(None), _t.c.withdrawn_on > _k.c.on)
    return Query(
        _target_figures,
        select(
            _k.c.place,
            (_p.c.achieved - func.coalesce(_later.c.n, 0)).label("achieved"),
            _p.c.covered_at_start,
            _p.c.population,
            _p.c.measured_from,
            _p.c.population_at_start,
            _lagging.label("lagging"),
            *(_given.c[column.name].label(f"given_{column.name}") for column in _GIVEN),
            *COLUMNS_AS_OF,
        )
        .select_from(
            _k.join(_t, true()).join(_p, _p.c.target_id == _t.c.id).outerjoin(_later, true()).outerjoin(_given, true())
        )
        .where(*of_owner, *in_years, is_shown, in_force)
        .order_by(_k.c.place, _t.c.starts_on, _t.c.ends_on, _t.c.id),
    )
