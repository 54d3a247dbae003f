"""Which targets something concerns: by their scope, or by whom they belong to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, and_, func, or_, select

from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among, table_of
from targets_api.attainment.counted import is_stock
from targets_api.tables.attainment import AttainmentRow
from targets_api.tables.hierarchy import CollectorRow
from targets_api.tables.targets import TargetRow

_t, _p, _collectors = table_of(TargetRow), table_of(AttainmentRow), table_of(CollectorRow)
OF_REGROUPED: Final = (
    select(_t.c.id)
    .where(
        or_(_t.c.unit_code == among("regrouped", Text()), and_(is_stock(_t), _t.c.unit_code == among("above", Text())))
    )
    .order_by(_t.c.id)
)
OF_ORGANISATIONS: Final = select(_t.c.id).where(_t.c.organisation_code == among("codes", Text())).order_by(_t.c.id)
_lagging = select(_t.c.id).join_from(_t, _p, and_(_p.c.target_id == _t.c.id, _p.c.lagging)).order_by(_t.c.id)
_OF_COLLECTOR_ALONE = _t.c.organisation_code.is_(None)
LAGGING_OF_UNITS: Final = _lagging.where(_t.c.unit_code == among("codes", Text()))
LAGGING_OF_COLLECTORS: Final = _lagging.where(_OF_COLLECTOR_ALONE, _t.c.collector_code == among("codes", Text()))
LAGGING_OWNED_BY: Final = _lagging.outerjoin(
    _collectors, and_(_OF_COLLECTOR_ALONE, _collectors.c.code == _t.c.collector_code)
).where(func.coalesce(_t.c.organisation_code, _collectors.c.organisation_code) == among("codes", Text()))


async def targets_of_regrouped(session: ReadSession, regrouped: Collection[str], above: Collection[str]) -> list[UUID]:
    """Targets with one of the regrouped units in their scope, and stocks of those above what has moved."""
    values = {"regrouped": list(regrouped), "above": list(above)}
    return list(await session.scalars(OF_REGROUPED, values)) if above else []


async def targets_of_organisations(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets with one of the organisations in their scope."""
    return await _ids(session, OF_ORGANISATIONS, codes)


async def lagging_targets_of_units(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets with one of the units in their scope, whose alerts are open."""
    return await _ids(session, LAGGING_OF_UNITS, codes)


async def lagging_targets_of_collectors(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets with one of the collectors in their scope, and no organisation, whose alerts are open."""
    return await _ids(session, LAGGING_OF_COLLECTORS, codes)


async def lagging_targets_owned_by(session: ReadSession, codes: Collection[str]) -> list[UUID]:
    """Targets that belong to one of the organisations, whose alerts are open: it is named, or it is that of the
    collector."""
    return await _ids(session, LAGGING_OWNED_BY, codes)


async def _ids(session: ReadSession, statement: Any, codes: Collection[str]) -> list[UUID]:
    return list(await session.scalars(statement, {"codes": list(codes)})) if codes else []
