"""Which alerts are an organisation's own, as a part of statements; and whose alerts are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, select

from notifications.tables.ownership import AlertOwnerRow
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among, table_of

_owners = table_of(AlertOwnerRow).c
OWNERS: Final = select(_owners.alert_id, _owners.organisation_code).where(_owners.alert_id == among("ids", Uuid()))


def alerts_of(organisation: ColumnElement[str] | str) -> Select[tuple[object]]:
    """Ids of the alerts of the organisation, of those below it, and of their collectors."""
    return select(_owners.alert_id).where(_owners.organisation_code == organisation)


async def organisations_of(session: ReadSession, alert_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """The organisation that each alert belongs to, and those above it."""
    found: dict[UUID, set[str]] = {alert_id: set() for alert_id in alert_ids}
    for row in await session.execute(OWNERS, {"ids": list(found)}):
        found[row.alert_id].add(row.organisation_code)
    return found
