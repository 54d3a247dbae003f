"""Statements that write what was not told. Whoever runs them holds ROUTES, at least shared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, bindparam, delete, func, null, select, update

from notifications.tables.hushed import HushedAlertRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, columns_of, insert_many, table_of

_KNOWN: Final = insert_many(HushedAlertRow)
_LOOK_NOW: Final = update(table_of(HushedAlertRow)).values(check_at=bindparam("now", type_=DateTime(timezone=True)))
_row = table_of(HushedAlertRow).c

WITHHOLD: Final = _KNOWN.on_conflict_do_update(
    index_elements=["alert_id"],
    set_={
        "change": func.coalesce(_KNOWN.excluded.change, _row.change),
        "check_at": _KNOWN.excluded.check_at,
        "silenced_by": _KNOWN.excluded.silenced_by,
        "inhibited_by": _KNOWN.excluded.inhibited_by,
        "routes": _row.routes.concat(_KNOWN.excluded.routes),
    },
)
KEEP: Final = _KNOWN.on_conflict_do_update(
    index_elements=["alert_id"],
    set_={
        "change": func.coalesce(_row.change, _KNOWN.excluded.change),
        "routes": _row.routes.concat(_KNOWN.excluded.routes),
    },
)
LOOK_AT: Final = _KNOWN.on_conflict_do_update(index_elements=["alert_id"], set_={"check_at": _KNOWN.excluded.check_at})
WITHHOLD_UNLESS_KNOWN: Final = _KNOWN.on_conflict_do_nothing(index_elements=["alert_id"])
LOOK_AT_SILENCED: Final = _LOOK_NOW.where(_row.silenced_by == bindparam("silence", type_=Text))
_inhibited = select(_row.alert_id).where(_row.inhibited_by == among("alert_ids", Uuid()))
LOOK_AT_INHIBITED: Final = _LOOK_NOW.where(_row.alert_id.in_(_inhibited.with_for_update(skip_locked=True)))
LOOK_AT_ALL_INHIBITED: Final = _LOOK_NOW.where(_row.inhibited_by.is_not(None))
FORGET_CHANGES: Final = (
    update(table_of(HushedAlertRow)).where(_row.alert_id == among("alert_ids", Uuid())).values(change=null())
)
FORGET: Final = delete(table_of(HushedAlertRow)).where(_row.alert_id == among("alert_ids", Uuid()))


async def withhold(work: UnitOfWork, rows: Sequence[HushedAlertRow]) -> None:
    """These changes are not told; the last one of an alert is kept, and all routes that steps have named."""
    last = {row.alert_id: row for row in rows}
    if last:
        await work.execute(WITHHOLD, columns_of(row.model_dump() for row in last.values()))


async def keep(work: UnitOfWork, rows: Sequence[HushedAlertRow]) -> None:
    """These changes are not told, and came about before what is kept already."""
    if rows:
        await work.execute(KEEP, columns_of(row.model_dump() for row in rows))


async def withhold_unless_known(work: UnitOfWork, rows: Sequence[HushedAlertRow]) -> None:
    """These alerts are not told; what is kept of them already stays."""
    if rows:
        await work.execute(WITHHOLD_UNLESS_KNOWN, columns_of(row.model_dump() for row in rows))


async def look_at(work: UnitOfWork, rows: Sequence[HushedAlertRow]) -> None:
    """The clock looks at these alerts, whether anything is kept of them or not."""
    await work.execute(LOOK_AT, columns_of(row.model_dump() for row in rows))


async def look_at_silenced(work: UnitOfWork, silence: str, now: datetime) -> None:
    """The silence has changed. Needs ROUTES, not shared."""
    await work.execute(LOOK_AT_SILENCED, {"silence": silence, "now": now})


async def look_at_inhibited(work: UnitOfWork, alert_ids: Collection[UUID], now: datetime) -> None:
    """These alerts are resolved. What somebody changes just now is looked at later."""
    if alert_ids:
        await work.execute(LOOK_AT_INHIBITED, {"alert_ids": list(alert_ids), "now": now})


async def look_at_all_inhibited(work: UnitOfWork, now: datetime) -> None:
    """An inhibition has changed. Needs ROUTES, not shared."""
    await work.execute(LOOK_AT_ALL_INHIBITED, {"now": now})


async def forget_changes(work: UnitOfWork, alert_ids: Collection[UUID]) -> None:
    """Every route is told by now that these alerts concern; those that steps have named are not."""
    if alert_ids:
        await work.execute(FORGET_CHANGES, {"alert_ids": list(alert_ids)})


async def forget(work: UnitOfWork, alert_ids: Collection[UUID]) -> None:
    """Routes are told of these alerts, or there is nothing to tell any more."""
    if alert_ids:
        await work.execute(FORGET, {"alert_ids": list(alert_ids)})
