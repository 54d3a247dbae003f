"""Statements of reviews: locking what is due for one, and the verdicts by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, Date, Text, Uuid, and_, bindparam, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, table_of, unnest
from targets_api.attainment.store import ReviewedState
from targets_api.review.queries import IS_DUE
from targets_api.tables.attainment import AttainmentRow, VerdictRow
from targets_api.tables.targets import TargetRow

_t, _p, _v = table_of(TargetRow), table_of(AttainmentRow), table_of(VerdictRow)
_today = bindparam("today", type_=Date)
LOCK_DUE: Final = (
    select(_p.c.target_id)
    .join(_t, _t.c.id == _p.c.target_id)
    .where(_p.c.target_id == among("ids", Uuid()), IS_DUE)
    .order_by(_p.c.target_id)
    .with_for_update(of=_p, skip_locked=True)
)
_r = unnest("r", ids=Uuid(), now_status=Text(), now_severity=Text(), now_lagging=Boolean())
_latest = _v.alias("latest")
_is_same = and_(
    _v.c.status == _r.c.now_status,
    _v.c.severity.is_not_distinct_from(_r.c.now_severity),
    _v.c.lagging == _r.c.now_lagging,
)
_is_latest = _v.c.on == (
    select(func.max(_latest.c.on))
    .where(_latest.c.target_id == _r.c.ids, _latest.c.on <= _today)
    .correlate(_r)
    .scalar_subquery()
)
CONFIRM: Final = (
    update(_v)
    .values(until=_today)
    .where(_v.c.target_id == _r.c.ids, _is_latest, _is_same, _v.c.until >= _today - 1, _v.c.until < _today)
)
"""The verdict of the day before, where today's is the same."""
_is_kept = exists().where(_v.c.target_id == _r.c.ids, _is_latest, _is_same, _v.c.until >= _today).correlate(_r)
_new = insert(_v).from_select(
    ["target_id", "on", "until", "status", "severity", "lagging"],
    select(_r.c.ids, _today, _today, _r.c.now_status, _r.c.now_severity, _r.c.now_lagging).where(~_is_kept),
)
KEEP: Final = _new.on_conflict_do_update(
    index_elements=["target_id", "on"],
    set_={name: _new.excluded[name] for name in ("until", "status", "severity", "lagging")},
)
"""Any other verdict; that of earlier today is replaced."""


async def keep_verdicts(work: UnitOfWork, states: Sequence[ReviewedState], today: date) -> None:
    """Remember the verdicts as those of today. The targets are locked."""
    if not states:
        return
    columns: dict[str, list[Any]] = {
        "ids": [s.target_id for s in states],
        "now_status": [s.status for s in states],
        "now_severity": [s.severity for s in states],
        "now_lagging": [s.episode.lagging for s in states],
    }
    for statement in (CONFIRM, KEEP):
        await work.execute(statement, {**columns, "today": today})


async def lock_due(work: UnitOfWork, today: date, target_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the targets that are still due for a review; locked until the commit.

    Those that another unit of work has locked are left out: it reviews them itself, and where it fails they stay due.
    """
    return list(await work.scalars(LOCK_DUE, {"today": today, "ids": list(target_ids)}))
