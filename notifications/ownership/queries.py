"""Which alerts are an organisation's own, as a part of statements."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, select

from notifications.tables.ownership import AlertOwnerRow
from services.persistence.unnest import table_of

_owners = table_of(AlertOwnerRow).c


def alerts_of(organisation: ColumnElement[str] | str) -> Select[tuple[object]]:
    """Ids of the alerts of the organisation, of those below it, and of their collectors."""
    return select(_owners.alert_id).where(_owners.organisation_code == organisation)
