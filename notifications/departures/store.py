"""Statements that keep where alerts have left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Interval, bindparam, delete, func, insert

from notifications.tables.departures import DepartureRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import table_of

KEPT: Final = timedelta(days=1)
"""How far ids of streams go back."""
_departures = table_of(DepartureRow)
PRUNE: Final = delete(_departures).where(_departures.c.at < func.now() - bindparam("kept", type_=Interval))
INSERT: Final = insert(_departures).values(
    {name: bindparam(name, type_=_departures.c[name].type) for name in ("alert_id", "units", "organisations")}
)


async def save(
    work: UnitOfWork, units: Mapping[UUID, Collection[str]], organisations: Mapping[UUID, Collection[str]]
) -> None:
    """These alerts have left these units, and these organisations. Few ever do."""
    rows = [
        {
            "alert_id": alert_id,
            "units": sorted(units.get(alert_id, ())),
            "organisations": sorted(organisations.get(alert_id, ())),
        }
        for alert_id in sorted({*units, *organisations})
    ]
    if rows:
        await work.execute(PRUNE, {"kept": KEPT * 2})
        await work.execute(INSERT, rows)
