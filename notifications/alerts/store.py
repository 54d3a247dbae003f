"""Statements that write alerts, locking reads, and how a row holds the state of an alert."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, or_, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from notifications.alerts.snapshots import acknowledger_of
from notifications.domain.alert import Alert
from notifications.ownership.queries import alerts_of
from notifications.tables.alerts import AlertRow
from services.contracts.pace import PaceFacts
from services.errors import Unavailable
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, columns_of, insert_many, table_of, unnest

Episode: TypeAlias = tuple[UUID, int]
"""A target's id and the number of the time that it fell behind."""

# Locks are FOR NO KEY UPDATE, so that whoever queues deliveries of an alert does not wait for whoever changes it.
_wanted = unnest("wanted", target_ids=Uuid(), episodes=Integer())
_OF_EPISODES = tuple_(col(AlertRow.target_id), col(AlertRow.episode)).in_(select_columns(_wanted))
OF_EPISODES_AND_UNRESOLVED = (
    select(AlertRow)
    .where(
        col(AlertRow.target_id) == among("target_ids", Uuid()), or_(_OF_EPISODES, col(AlertRow.status) != "resolved")
    )
    .order_by(col(AlertRow.id))
    .with_for_update(key_share=True)
)
INSERT: Final = (
    insert_many(AlertRow)
    .on_conflict_do_nothing(constraint="uq_alerts_target_episode")
    .returning(table_of(AlertRow).c.id)
)
_owner = bindparam("own_of", type_=Text)
FOR_UPDATE: Final = (
    select(AlertRow)
    .where(col(AlertRow.id) == bindparam("alert_id"), or_(_owner.is_(None), col(AlertRow.id).in_(alerts_of(_owner))))
    .with_for_update(key_share=True)
)


async def of_episodes(work: UnitOfWork, episodes: Collection[Episode]) -> dict[Episode, AlertRow]:
    """The alerts of these episodes, and those of other episodes of their targets that are not resolved; locked in the
    same order by every unit of work, so that no two block each other."""
    values = {"target_ids": [target for target, _ in episodes], "episodes": [number for _, number in episodes]}
    rows = await work.scalars(OF_EPISODES_AND_UNRESOLVED, values)
    return {(row.target_id, row.episode): row for row in rows}


async def insert_all(work: UnitOfWork, rows: Sequence[AlertRow]) -> None:
    """Insert new alerts. Raises Unavailable where another worker was faster: then the batch is done again."""
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: (row.target_id, row.episode))
    inserted = (await work.execute(INSERT, columns_of(row.model_dump() for row in ordered))).all()
    if len(inserted) < len(rows):
        raise Unavailable("another worker has just raised the same alert")


async def one_for_change(work: UnitOfWork, alert_id: UUID, own_of: str | None) -> AlertRow | None:
    """The alert, locked; where an organisation is given, among its own."""
    found = await work.scalars(FOR_UPDATE, {"alert_id": alert_id, "own_of": own_of})
    row: AlertRow | None = found.one_or_none()
    return row


def state_of(row: AlertRow) -> Alert:
    """The state of the alert, as the rules take it."""
    return Alert(
        status=row.status,
        severity=row.severity,
        version=row.version,
        revision=row.last_revision,
        raised_at=row.raised_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=acknowledger_of(row),
        resolved_at=row.resolved_at,
        resolution=row.resolution,
    )


def with_state(row: AlertRow, alert: Alert) -> AlertRow:
    """The row, changed to this state."""
    return row.sqlmodel_update(_state_values(alert))


def with_facts(row: AlertRow | None, alert: Alert, facts: PaceFacts) -> AlertRow:
    """The row (a new one where there is none), changed to this state and the latest facts."""
    values = _state_values(alert) | _fact_values(facts)
    if row is None:
        return AlertRow(id=new_id(), target_id=facts.target_id, episode=facts.episode, **values)
    return row.sqlmodel_update(values)


def _state_values(alert: Alert) -> dict[str, Any]:
    values = asdict(alert)
    by = alert.acknowledged_by
    return values | {
        "last_revision": values.pop("revision"),
        "acknowledged_by": by and by.organisation_code,
        "acknowledged_subject": by and by.subject,
        "acknowledged_name": by and by.name,
    }


def _fact_values(facts: PaceFacts) -> dict[str, Any]:
    plain = facts.model_dump(include={"unit_name", "target_name", "scheme", "measure", "starts_on", "ends_on"})
    return plain | {
        "subject": asdict(facts.scope),
        "owner": facts.organisations[0] if facts.organisations else facts.scope.organisation_code,
        "path": list(facts.path),
        "figures": facts.figures.model_dump(mode="json"),
    }
