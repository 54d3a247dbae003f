"""Queries on the alerts, and the way between a row and what the rules know of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import and_, func, or_, tuple_
from sqlmodel import col, select

from notifications.domain.alert import Alert, Status
from notifications.tables.alerts import AlertRow
from services.contracts.pace import PaceFacts
from services.errors import Unavailable
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.vocabulary import Severity

Episode: TypeAlias = tuple[UUID, int]
"""A target's id and the number of the time that it fell behind."""

_TABLE = AlertRow.metadata.tables["alerts"]
_JSON = ("subject", "path", "figures")


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What a reader asks for; None leaves a field open."""

    status: Status | None = None
    under: str | None = None
    severity: Severity | None = None


async def of_episodes(work: UnitOfWork, episodes: Collection[Episode]) -> dict[Episode, AlertRow]:
    """The alerts of these episodes, and those of other episodes of their targets that are not resolved; locked in the
    same order by everybody, so that no two block each other for good."""
    key = tuple_(col(AlertRow.target_id), col(AlertRow.episode))
    target_ids = list({target_id for target_id, _ in episodes})
    of_targets = and_(col(AlertRow.target_id).in_(target_ids), col(AlertRow.status) != "resolved")
    wanted = or_(key.in_(list(episodes)), of_targets)
    statement = select(AlertRow).where(wanted).order_by(col(AlertRow.id)).with_for_update()
    return {(row.target_id, row.episode): row for row in await work.scalars(statement)}


async def insert_all(work: UnitOfWork, rows: Sequence[AlertRow]) -> None:
    """Put new alerts in. Raises Unavailable where another worker was faster: then the batch is done anew."""
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: (row.target_id, row.episode))
    values = [row.model_dump() | {name: json.dumps(getattr(row, name)) for name in _JSON} for row in ordered]
    conflict = "ON CONSTRAINT uq_alerts_target_episode DO NOTHING"
    inserted = await work.bulk_insert(_TABLE, values, on_conflict=conflict, returning="id")
    if len(inserted) < len(rows):
        raise Unavailable("another worker has just raised the same alert")


async def one_for_change(work: UnitOfWork, alert_id: UUID) -> AlertRow | None:
    """The alert, locked."""
    statement = select(AlertRow).where(col(AlertRow.id) == alert_id).with_for_update()
    row: AlertRow | None = (await work.scalars(statement)).one_or_none()
    return row


async def one(session: ReadSession, alert_id: UUID) -> AlertRow | None:
    """The alert."""
    return await session.get(AlertRow, alert_id)


async def page(session: ReadSession, wanted: AlertFilter, after: UUID | None, limit: int) -> Sequence[AlertRow]:
    """Up to `limit` alerts, newest first, that come after the one with the id `after`."""
    statement = select(AlertRow).order_by(col(AlertRow.id).desc()).limit(limit)
    if after:
        statement = statement.where(col(AlertRow.id) < after)
    if wanted.status:
        statement = statement.where(col(AlertRow.status) == wanted.status)
    if wanted.severity:
        statement = statement.where(col(AlertRow.severity) == wanted.severity)
    if wanted.under:
        statement = statement.where(col(AlertRow.path).op("@>")(func.to_jsonb(wanted.under)))
    return (await session.scalars(statement)).all()


def state_of(row: AlertRow) -> Alert:
    """What the rules need to know of the alert."""
    return Alert(
        status=row.status,
        severity=row.severity,
        version=row.version,
        revision=row.last_revision,
        raised_at=row.raised_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        resolved_at=row.resolved_at,
    )


def with_state(row: AlertRow, alert: Alert) -> AlertRow:
    """The row, in the state that the rules gave the alert."""
    return row.sqlmodel_update(_state_values(alert))


def with_facts(row: AlertRow | None, alert: Alert, facts: PaceFacts, new_id: Callable[[], UUID]) -> AlertRow:
    """The row (a new one where there is none), in the state that the rules gave the alert and with the latest facts."""
    values = _state_values(alert) | _fact_values(facts)
    if row is None:
        return AlertRow(id=new_id(), target_id=facts.target_id, episode=facts.episode, **values)
    return row.sqlmodel_update(values)


def _state_values(alert: Alert) -> dict[str, Any]:
    values = asdict(alert)
    return values | {"last_revision": values.pop("revision")}


def _fact_values(facts: PaceFacts) -> dict[str, Any]:
    plain = facts.model_dump(include={"unit_name", "target_name", "scheme", "measure", "starts_on", "ends_on"})
    return plain | {
        "subject": facts.scope.model_dump(mode="json"),
        "path": list(facts.path),
        "figures": facts.figures.model_dump(mode="json"),
    }
