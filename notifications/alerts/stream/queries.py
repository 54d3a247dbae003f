"""What has changed with alerts since a process looked last, and how those are now that a client listens to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid
from sqlmodel import col, select

from notifications.alerts.queries import Filters, narrowed
from notifications.alerts.showing import shown
from notifications.alerts.stream.sql import CHANGED_SINCE, STATE
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.tables.alerts import AlertRow
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among


class State(NamedTuple):
    """Where the log of changes stands; see `sql.STATE`."""

    snapshot: str
    server: datetime
    at: datetime
    beside: int


class Change(NamedTuple):
    """An alert of which something has changed, with the units and organisations that it has, or had before."""

    id: UUID
    scheme: str
    target_id: UUID
    collector_code: str | None
    units: Sequence[str]
    organisations: Sequence[str]

    def concerns(self, wanted: Filters) -> bool:
        """Whether it can be, or have been, among those that a client listens to and may see. The rest of the
        conditions decides whether it is among them now."""
        collector = (self.collector_code or "").upper()
        return (
            wanted.own_of in (None, *self.organisations)
            and wanted.under in (None, *self.units)
            and wanted.scheme in (None, self.scheme)
            and wanted.target_id in (None, self.target_id)
            and (wanted.collector_code or collector).upper() == collector
            and (
                wanted.organisation_code is None
                or wanted.organisation_code.upper() in map(str.upper, self.organisations)
            )
        )


CURRENT: Final = Query(State, STATE)
CHANGED: Final = Query(Change, CHANGED_SINCE)
OF_IDS: Final = select(AlertRow).where(col(AlertRow.id) == among("ids", Uuid()))


async def current_state(session: ReadSession, at: datetime) -> State:
    """As of now; with the silences of the time `at`."""
    return await session.one(CURRENT, {"at": at})


async def changes_since(session: ReadSession, snapshot: str) -> list[Change]:
    """What was logged since that snapshot."""
    return await session.all(CHANGED, {"since": snapshot})


async def those_among(
    session: ReadSession, wanted: Filters, ids: Sequence[UUID], at: datetime
) -> dict[UUID, AlertSnapshot]:
    """Those of these alerts that the list of the same filters shows, as they are shown at that time."""
    rows = await session.scalars(await narrowed(session, OF_IDS, wanted), {"ids": ids})
    return {alert.id: alert for alert in await shown(session, rows, at)}
