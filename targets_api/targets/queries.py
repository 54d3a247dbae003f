"""Reads of targets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, func, or_, select

from services.persistence.filters import Conditions, where_given
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among, table_of
from services.vocabulary import Measure, Scheme
from targets_api.attainment.rows import TARGET_COLUMNS, target_of
from targets_api.domain.target import NoSuchTarget, Target
from targets_api.hierarchy.queries import collectors_below, organisations_below
from targets_api.tables.targets import TargetChangeRow, TargetRow

_t, _c = table_of(TargetRow).c, table_of(TargetChangeRow).c
_reader = bindparam("own_of", type_=Text)


def is_own(organisation: ColumnElement[str] | str) -> ColumnElement[bool]:
    """As `targets_api.domain.ownership` says, of the organisation or of those below it."""
    by_collector = and_(_t.organisation_code.is_(None), _t.collector_code.in_(collectors_below(organisation)))
    return or_(_t.organisation_code.in_(organisations_below(organisation)), by_collector)


ONE: Final = Query(
    target_of,
    select(*TARGET_COLUMNS).where(_t.id == bindparam("id", type_=Uuid), or_(_reader.is_(None), is_own(_reader))),
)
BY_IDS: Final = Query(target_of, select(*TARGET_COLUMNS).where(_t.id == among("ids", Uuid())))
LATEST_FIRST: Final = select(*TARGET_COLUMNS).order_by(_t.id.desc())
CONDITIONS: Final[Conditions] = {
    "unit_code": lambda code: func.upper(_t.unit_code) == code.upper(),
    "organisation_code": lambda code: func.upper(_t.organisation_code) == code.upper(),
    "collector_code": lambda code: func.upper(_t.collector_code) == code.upper(),
    "scheme": lambda scheme: _t.scheme == scheme,
    "measure": lambda measure: _t.measure == measure,
    "parent_id": lambda parent_id: _t.parent_id == parent_id,
    "withdrawn": lambda wanted: _t.withdrawn_on.is_not(None) if wanted else _t.withdrawn_on.is_(None),
    "own_of": is_own,
    "after": lambda target_id: _t.id < target_id,
}


class TargetChange(NamedTuple):
    """A revision or a withdrawal, which has no values."""

    version: int
    value_before: float | None
    value: float | None
    holds_from: date | None
    reason: str
    organisation_code: str
    subject: str
    changed_at: datetime


class WhoSet(NamedTuple):
    """When a target was set, and by whom; all None where it was before that was kept."""

    set_at: datetime | None
    organisation_code: str | None
    subject: str | None


_target_id = bindparam("id", type_=Uuid)
CHANGES: Final = Query(
    TargetChange,
    select(*(_c[name] for name in TargetChange._fields)).where(_c.target_id == _target_id).order_by(_c.version),
)
WHO_SET: Final = Query(
    WhoSet,
    select(_t.set_at, _t.set_by_organisation.label("organisation_code"), _t.set_by_subject.label("subject")).where(
        _t.id == _target_id
    ),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What targets name in their scope, alone or beside others; None leaves a condition open.

    `own_of`: only those of this organisation, of those below it and of their collectors.
    """

    unit_code: str | None = None
    organisation_code: str | None = None
    collector_code: str | None = None
    scheme: Scheme | None = None
    measure: Measure | None = None
    parent_id: UUID | None = None
    withdrawn: bool = False
    own_of: str | None = None
    after: UUID | None = None


async def find_target(session: ReadSession, target_id: UUID, own_of: str | None = None) -> Target:
    """The target of that id, among the own ones of an organisation where one is given. Raises NoSuchTarget."""
    target = await session.first(ONE, {"id": target_id, "own_of": own_of})
    if target is None:
        raise NoSuchTarget(f"no target has the id {target_id}")
    return target


async def targets_of_ids(session: ReadSession, target_ids: Collection[UUID]) -> dict[UUID, Target]:
    """Those of the targets that are there, by id."""
    return {t.id: t for t in await session.all(BY_IDS, {"ids": list(target_ids)})} if target_ids else {}


async def list_targets(session: ReadSession, filters: Filters, limit: int) -> list[Target]:
    """At most `limit` targets that match, the latest first, those before `after`."""
    wanted = where_given(LATEST_FIRST, CONDITIONS, filters).limit(limit)
    return await session.all(Query(target_of, wanted))


async def who_set(session: ReadSession, target_id: UUID) -> WhoSet:
    """When the target was set, which is there, and by whom."""
    return await session.one(WHO_SET, {"id": target_id})


async def changes_of(session: ReadSession, target_id: UUID) -> Sequence[TargetChange]:
    """What became of the target since it was set, oldest first."""
    return await session.all(CHANGES, {"id": target_id})
