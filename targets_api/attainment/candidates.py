"""The targets that a batch of sign-ups may count for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CompoundSelect, Date, FromClause, Select, Text, Uuid, bindparam, func, null, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among, table_of, unnest
from targets_api.attainment.baselines import covers
from targets_api.domain.counting import Counting
from targets_api.domain.tally import TallyKey
from targets_api.tables.attainment import AttainmentRow, TargetPartRow
from targets_api.tables.hierarchy import UnitAncestorRow
from targets_api.tables.targets import TargetRow

_t, _p, _a = table_of(TargetRow), table_of(AttainmentRow), table_of(UnitAncestorRow)
_parts = table_of(TargetPartRow)
_codes = unnest("u", units=Text())
_reached = (
    select(_a.c.ancestor_code.label("code"), _a.c.apart_until, func.array_agg(_a.c.unit_code).label("units"))
    .join_from(_codes, _a, _a.c.unit_code == _codes.c.units)
    .group_by(_a.c.ancestor_code, _a.c.apart_until)
    .cte("reached")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)


def _candidates(
    source: FromClause, units: ColumnElement[Any], *scope: ColumnElement[bool], days: FromClause = _p
) -> Select[Any]:
    """Targets of a scope whose `days` overlap those of the batch, in the order of the fields of `Counting`."""
    return (
        select(
            _t.c.id.label("target_id"),
            units.label("units"),
            _t.c.organisation_code,
            _t.c.collector_code,
            _t.c.scheme,
            _t.c.measure,
            days.c.count_from,
            days.c.start_from,
            _t.c.starts_on,
            _t.c.ends_on,
        )
        .select_from(source.join(_p, _p.c.target_id == _t.c.id))
        .where(
            _t.c.ends_on >= bindparam("first", type_=Date),
            func.least(days.c.count_from, days.c.start_from) <= bindparam("last", type_=Date),
            *scope,
        )
    )


def _by_scope(*among_targets: ColumnElement[bool]) -> CompoundSelect[Any]:
    return union_all(
        _candidates(_reached.join(_t, _t.c.unit_code == _reached.c.code), _reached.c.units, *among_targets),
        _candidates(
            _reached.join(_parts, _parts.c.unit_code == _reached.c.code).join(_t, _t.c.id == _parts.c.target_id),
            _reached.c.units,
            covers(_parts.c.count_from - 1, _reached.c.apart_until),
            *among_targets,
            days=_parts,
        ),
        _candidates(
            _t, null(), _t.c.unit_code.is_(None), _t.c.collector_code == among("collectors", Text()), *among_targets
        ),
        _candidates(
            _t,
            null(),
            _t.c.unit_code.is_(None),
            _t.c.collector_code.is_(None),
            _t.c.organisation_code == among("organisations", Text()),
            *among_targets,
        ),
    )


CANDIDATES: Final = Query(Counting, _by_scope())
"""By the narrowest part of each target's scope that has an index; a target in parts has a row for each of them.

There is a row for each day, too, until which units of the batch were apart from the target's: a part is measured from
the eve of `count_from`, and counts those that belonged to it by then."""


CANDIDATES_AMONG: Final = Query(Counting, _by_scope(_t.c.id == among("ids", Uuid())))


async def candidates(
    session: ReadSession, deltas: Collection[TallyKey], organisations: Collection[str]
) -> list[Counting]:
    """Every target that one of the deltas may count for; `organisations` are theirs with all above them."""
    return await session.all(CANDIDATES, _values(deltas, organisations))


async def candidates_among(
    session: ReadSession, target_ids: Collection[UUID], deltas: Collection[TallyKey], organisations: Collection[str]
) -> list[Counting]:
    """Those of the targets."""
    return await session.all(CANDIDATES_AMONG, {**_values(deltas, organisations), "ids": list(target_ids)})


def _values(deltas: Collection[TallyKey], organisations: Collection[str]) -> dict[str, Any]:
    days = {key.day for key in deltas}
    return {
        "units": list({key.unit_code for key in deltas}),
        "collectors": list({key.collector_code for key in deltas}),
        "organisations": list(organisations),
        "first": min(days),
        "last": max(days),
    }
