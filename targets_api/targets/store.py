"""Statements of targets and baselines that take part in setting them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Float,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    exists,
    false,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.context import Context
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.persistence.unnest import among, columns_of, insert_many, table_of, unnest
from services.vocabulary import Scheme
from targets_api.attainment.counted import is_stock
from targets_api.attainment.parts import parts_of
from targets_api.attainment.rows import TARGET_COLUMNS, target_of
from targets_api.domain.baseline import Baseline
from targets_api.domain.target import Target, identity_of
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.hierarchy import UnitAncestorRow, UnitSuccessorRow
from targets_api.tables.targets import BaselineRow, TargetChangeRow, TargetRow
from targets_api.targets.queries import TargetChange


class WithoutBaseline(NamedTuple):
    """A stock target without a baseline on or before its end."""

    unit_code: str
    scheme: Scheme
    ends_on: date


_t, _p, _b = table_of(TargetRow), table_of(AttainmentRow), table_of(BaselineRow)
_s = table_of(UnitSuccessorRow).c
_above = table_of(UnitAncestorRow)
_IDENTITY: Final = (
    *("unit_code", "organisation_code", "collector_code"),
    *("scheme", "measure", "starts_on", "ends_on", "name"),
)
"""What identifies a target besides its id."""
_SETTING: Final = ("set_at", "set_by_organisation", "set_by_subject")

INSERT: Final = (
    insert_many(TargetRow, *(column.name for column in TARGET_COLUMNS), *_SETTING)
    .on_conflict_do_nothing()
    .returning(_t.c.id)
)
BEGIN: Final = insert(_p).from_select(
    ["target_id", "achieved", "covered_at_start", "count_from", "status", "lagging", "episode", "revision"],
    select(
        _t.c.id, literal(0), literal(0), _t.c.starts_on, literal("not_started"), false(), literal(0), literal(0)
    ).where(_t.c.id == among("ids", Uuid())),
)
_wanted = unnest("wanted", **{name: _t.c[name].type for name in _IDENTITY})
_NARROWEST: Final = ("unit_code", "organisation_code", "collector_code")
_NOT_MERGED: Final[ColumnElement[Any]] = literal_column("0")
"""OFFSET 0 keeps PostgreSQL from joining in another way."""


def _same(place: int) -> Select[Any]:
    """Those with the same code at this place of their scopes, and none before it: an index finds them by that.

    Each is looked up by itself: without statistics, as after the first file, a join would compare all with all.
    """
    code, none = _NARROWEST[place], _NARROWEST[:place]
    same = [_equal(name) for name in _IDENTITY if name not in (code, *none)]
    found = (
        select(*TARGET_COLUMNS)
        .where(_t.c[code] == _wanted.c[code], *(_t.c[name].is_(None) for name in none))
        .where(*same, _t.c.withdrawn_on.is_(None))
        .correlate(_wanted)
        .offset(_NOT_MERGED)
        .lateral(f"same_{code}")
    )
    wanted = _wanted.join(found, true())
    return select(*found.c).select_from(wanted).where(*(_wanted.c[name].is_(None) for name in none))


def _equal(name: str) -> ColumnElement[bool]:
    column, wanted = _t.c[name], _wanted.c[name]
    return column.is_not_distinct_from(wanted) if column.nullable else column == wanted


SAME_TARGETS: Final = Query(target_of, union_all(*map(_same, range(len(_NARROWEST)))))
_AMONG_IDS = among("ids", Uuid())
LOCKED: Final = Query(
    target_of,
    select(*TARGET_COLUMNS).where(_t.c.id == _AMONG_IDS).order_by(_t.c.id).with_for_update(key_share=True),
)
"""FOR NO KEY UPDATE: whoever counts a target by parts refers to its row while they hold its attainment."""
PARENTS: Final = Query(
    target_of,
    select(*TARGET_COLUMNS).where(_t.c.id == among("ids", Uuid())).order_by(_t.c.id).with_for_update(read=True),
)
"""FOR SHARE: none of them is withdrawn before the commit."""
_changed = unnest("changed", ids=Uuid(), new_value=Float(), new_version=Integer(), new_withdrawn_on=Date())
CHANGE: Final = (
    update(_t)
    .where(_t.c.id == _changed.c.ids)
    .values(value=_changed.c.new_value, version=_changed.c.new_version, withdrawn_on=_changed.c.new_withdrawn_on)
)
INSERT_CHANGES: Final = insert_many(TargetChangeRow)
_measured = unnest("measured", unit_code=Text(), scheme=Text(), ends_on=Date())
_measured_parts = parts_of(_measured.c.unit_code, _measured.c.scheme, _measured.c.ends_on, _measured).subquery(
    "measured_parts"
)
WITHOUT_BASELINE: Final = Query(
    WithoutBaseline,
    select(_measured.c.unit_code, _measured.c.scheme, _measured.c.ends_on).where(
        ~exists()
        .select_from(_measured_parts.join(_b, _b.c.unit_code == _measured_parts.c.unit_code))
        .where(_b.c.scheme == _measured.c.scheme, _b.c.on <= _measured.c.ends_on)
        .correlate(_measured)
    ),
)
_baseline = insert(_b).values({column.name: bindparam(column.name, type_=column.type) for column in _b.columns})
SET_BASELINE: Final = _baseline.on_conflict_do_update(
    index_elements=["unit_code", "scheme", "on"],
    set_={"population": _baseline.excluded.population, "covered": _baseline.excluded.covered},
).returning(literal_column("xmax = 0", Boolean).label("is_new"))
_of_baseline = bindparam("unit_code", type_=Text)
_ended = select(_s.unit_code).where(_s.successor_code == _of_baseline)
MEASURED_FROM: Final = (
    select(_t.c.id)
    .distinct()
    .where(
        _t.c.unit_code == _above.c.ancestor_code,
        or_(_above.c.unit_code == _of_baseline, _above.c.unit_code.in_(_ended)),
        _t.c.scheme == bindparam("scheme", type_=Text),
        _t.c.ends_on >= bindparam("on", type_=Date),
        is_stock(_t),
    )
    .order_by(_t.c.id)
)


async def insert_targets(
    work: UnitOfWork, targets: Sequence[Target], context: Context
) -> tuple[set[UUID], dict[tuple[object, ...], Target]]:
    """Insert the targets; returns the ids of those that were not set before, and of each the one that stands, by what
    identifies it. One that stood and is withdrawn meanwhile is set again."""
    new: set[UUID] = set()
    standing: dict[tuple[object, ...], Target] = {}
    while missing := [target for target in targets if identity_of(target) not in standing]:
        new |= await _insert(work, missing, context)
        standing |= {identity_of(target): target for target in await same_targets(work, missing)}
    return new, standing


async def _insert(work: UnitOfWork, targets: Sequence[Target], context: Context) -> set[UUID]:
    names = ("id", "value", "version", "set_on", "withdrawn_on", "parent_id")
    columns = identities(targets) | {name: [getattr(target, name) for target in targets] for name in names}
    actor = context.actor
    setting = (context.at, actor and actor.organisation_code, actor and actor.subject)
    columns |= {name: [value] * len(targets) for name, value in zip(_SETTING, setting, strict=True)}
    new = set(await work.scalars(INSERT, columns))
    await work.execute(BEGIN, {"ids": list(new)})
    return new


async def lock_targets(work: UnitOfWork, target_ids: Collection[UUID]) -> dict[UUID, Target]:
    """Those of the targets that are there, by id, locked until the commit in the order of their ids."""
    return {target.id: target for target in await work.all(LOCKED, {"ids": list(target_ids)})}


async def lock_parents(work: UnitOfWork, target_ids: Collection[UUID]) -> dict[UUID, Target]:
    """Those of the targets that are there, by id; none changes before the commit."""
    return {parent.id: parent for parent in await work.all(PARENTS, {"ids": list(target_ids)})}


async def save_changes(work: UnitOfWork, targets: Sequence[Target], changes: Sequence[TargetChange]) -> None:
    """Save the targets as they are now, and how each came to be so."""
    if not targets:
        return
    values: dict[str, list[Any]] = {
        "ids": [t.id for t in targets],
        "new_value": [t.value for t in targets],
        "new_version": [t.version for t in targets],
        "new_withdrawn_on": [t.withdrawn_on for t in targets],
    }
    await work.execute(CHANGE, values)
    made = columns_of(change._asdict() for change in changes)
    await work.execute(INSERT_CHANGES, {"target_id": values["ids"], **made})


async def same_targets(session: ReadSession, targets: Sequence[Target]) -> list[Target]:
    """The stored targets that equal one of these in what identifies them, and are not withdrawn."""
    return await session.all(SAME_TARGETS, identities(targets))


async def without_baseline(session: ReadSession, targets: Sequence[Target]) -> list[WithoutBaseline]:
    """Those of the targets without a baseline on or before their end."""
    columns: dict[str, list[Any]] = {
        "unit_code": [t.scope.unit_code for t in targets],
        "scheme": [t.scheme for t in targets],
        "ends_on": [t.ends_on for t in targets],
    }
    return await session.all(WITHOUT_BASELINE, columns)


async def set_baseline(work: UnitOfWork, baseline: Baseline) -> bool:
    """Insert or change the baseline; whether there was none of that day."""
    values = {name: getattr(baseline, name) for name in ("unit_code", "scheme", "on", "population", "covered")}
    return bool((await work.execute(SET_BASELINE, values)).scalar_one())


async def measured_from(work: UnitOfWork, baseline: Baseline) -> list[UUID]:
    """Targets that the baseline may move: those of its unit, and of units above, which may be measured by parts; and
    those above units that ended in favour of its unit, which it counts from now on."""
    values = {"unit_code": baseline.unit_code, "scheme": baseline.scheme, "on": baseline.on}
    return list(await work.scalars(MEASURED_FROM, values))


def identities(targets: Sequence[Target]) -> dict[str, list[Any]]:
    """The parameters of SAME_TARGETS."""
    return {
        "unit_code": [t.scope.unit_code for t in targets],
        "organisation_code": [t.scope.organisation_code for t in targets],
        "collector_code": [t.scope.collector_code for t in targets],
        "scheme": [t.scheme for t in targets],
        "measure": [t.measure for t in targets],
        "starts_on": [t.starts_on for t in targets],
        "ends_on": [t.ends_on for t in targets],
        "name": [t.name for t in targets],
    }
