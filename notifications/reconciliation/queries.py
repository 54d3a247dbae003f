"""Reads of alerts by target, and of the differences found so far."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, func, or_
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from notifications.domain.pace_comparison import AlertStage, Difference, Stage
from notifications.tables.alerts import AlertRow
from notifications.tables.pace_differences import PaceDifferenceRow
from services.ids import FIRST_ID
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among
from services.reconciliation.comparison import Asked


def _within(target_id: Mapped[UUID]) -> list[ColumnElement[bool]]:
    """From `from_id` on, and before `until_id`, or to the end where that is null."""
    until_id = bindparam("until_id", type_=Uuid)
    return [target_id >= bindparam("from_id", type_=Uuid), or_(until_id.is_(None), target_id < until_id)]


UNRESOLVED: Final = (
    select(AlertRow.target_id, AlertRow.episode, AlertRow.last_revision)
    .where(col(AlertRow.status) != "resolved", *_within(col(AlertRow.target_id)))
    .order_by(col(AlertRow.target_id), col(AlertRow.episode))
)
ENDED_BY_HAND: Final = select(AlertRow.target_id, AlertRow.episode, AlertRow.last_revision).where(
    col(AlertRow.target_id) == among("target_ids", Uuid()), col(AlertRow.resolved_by).is_not(None)
)
KNOWN: Final = (
    select(
        AlertRow.target_id,
        func.max(AlertRow.episode).label("episode"),
        func.max(AlertRow.last_revision).label("revision"),
    )
    .where(col(AlertRow.target_id) == among("target_ids", Uuid()))
    .group_by(col(AlertRow.target_id))
)
DIFFERENCES: Final = select(PaceDifferenceRow).where(*_within(col(PaceDifferenceRow.target_id)))
CONFIRMED: Final = select(func.count()).select_from(PaceDifferenceRow).where(col(PaceDifferenceRow.confirmed))


async def unresolved(session: ReadSession, from_id: UUID | None, until_id: UUID | None) -> list[AlertStage]:
    """Alerts that are not resolved, of targets in this range of ids."""
    rows = await session.execute(UNRESOLVED, {"from_id": from_id or FIRST_ID, "until_id": until_id})
    return [_stage_of(row) for row in rows]


async def ended_by_hand(session: ReadSession, target_ids: Collection[UUID]) -> list[AlertStage]:
    """Alerts of these targets that somebody ended."""
    if not target_ids:
        return []
    return [_stage_of(row) for row in await session.execute(ENDED_BY_HAND, {"target_ids": list(target_ids)})]


async def known(session: ReadSession, target_ids: Collection[UUID]) -> dict[UUID, Stage]:
    """The highest episode and revision of each target."""
    if not target_ids:
        return {}
    rows = await session.execute(KNOWN, {"target_ids": list(target_ids)})
    found = {row.target_id: Stage(row.episode, row.revision) for row in rows}
    return {target_id: found.get(target_id, Stage()) for target_id in target_ids}


async def differences(session: ReadSession, from_id: UUID | None, until_id: UUID | None) -> dict[UUID, Difference]:
    """What differed at the summary before, by target."""
    rows = await session.scalars(DIFFERENCES, {"from_id": from_id or FIRST_ID, "until_id": until_id})
    return {row.target_id: _difference(row) for row in rows}


async def count_confirmed(session: ReadSession) -> int:
    """How many targets are known to differ."""
    return int((await session.scalars(CONFIRMED)).one())


def _stage_of(row: Any) -> AlertStage:
    return AlertStage(row.target_id, Stage(row.episode, row.last_revision))


def _difference(row: PaceDifferenceRow) -> Difference:
    source = None if row.source_episode is None else Stage(row.source_episode, row.source_revision or 0)
    stage = Stage(row.known_episode, row.known_revision)
    return Difference(source, stage, row.summarised_at, row.confirmed, Asked(row.asked, row.asked_at))
