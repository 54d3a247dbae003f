"""Alerts by target, and the differences found so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from notifications.domain.pace_comparison import Difference, Stage, Unresolved
from notifications.tables.alerts import AlertRow
from notifications.tables.pace_differences import PaceDifferenceRow
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.reconciliation.comparison import Asked


async def unresolved(session: ReadSession, from_id: UUID | None, until_id: UUID | None) -> list[Unresolved]:
    """Alerts that are not resolved, of targets in this range of ids."""
    wanted = (
        select(AlertRow.target_id, AlertRow.episode, AlertRow.last_revision)
        .where(col(AlertRow.status) != "resolved", *_within(col(AlertRow.target_id), from_id, until_id))
        .order_by(col(AlertRow.target_id), col(AlertRow.episode))
    )
    rows = await session.execute(wanted)
    return [Unresolved(row.target_id, row.episode, row.last_revision) for row in rows]


async def known(session: ReadSession, target_ids: Collection[UUID]) -> dict[UUID, Stage]:
    """The highest episode and revision heard of each."""
    if not target_ids:
        return {}
    highest = (
        select(AlertRow.target_id, func.max(AlertRow.episode).label("e"), func.max(AlertRow.last_revision).label("r"))
        .where(col(AlertRow.target_id).in_(list(target_ids)))
        .group_by(col(AlertRow.target_id))
    )
    found = {row.target_id: Stage(row.e, row.r) for row in await session.execute(highest)}
    return {target_id: found.get(target_id, Stage()) for target_id in target_ids}


async def differences(session: ReadSession, from_id: UUID | None, until_id: UUID | None) -> dict[UUID, Difference]:
    """What differed when the summary before was heard."""
    wanted = select(PaceDifferenceRow).where(*_within(col(PaceDifferenceRow.target_id), from_id, until_id))
    return {row.target_id: _difference(row) for row in await session.scalars(wanted)}


async def save(work: UnitOfWork, found: Mapping[UUID, Difference], gone: Collection[UUID]) -> None:
    """Keep what differs, and forget what does no longer."""
    if gone:
        await work.execute(delete(PaceDifferenceRow).where(col(PaceDifferenceRow.target_id).in_(list(gone))))
    if found:
        statement = insert(PaceDifferenceRow)
        changes = {name: statement.excluded[name] for name in PaceDifferenceRow.model_fields if name != "target_id"}
        upsert = statement.on_conflict_do_update(index_elements=["target_id"], set_=changes)
        rows = [_row(target_id, difference).model_dump() for target_id, difference in found.items()]
        await work.execute(upsert, rows)


async def count_confirmed(session: ReadSession) -> int:
    """How many targets are known to differ."""
    wanted = select(func.count()).select_from(PaceDifferenceRow).where(col(PaceDifferenceRow.confirmed))
    return int((await session.scalars(wanted)).one())


def _within(target_id: Mapped[UUID], from_id: UUID | None, until_id: UUID | None) -> list[ColumnElement[bool]]:
    return [
        *([target_id >= from_id] if from_id is not None else []),
        *([target_id < until_id] if until_id is not None else []),
    ]


def _difference(row: PaceDifferenceRow) -> Difference:
    told = None if row.told_episode is None else Stage(row.told_episode, row.told_revision or 0)
    stage = Stage(row.known_episode, row.known_revision)
    return Difference(told, stage, row.told_at, row.confirmed, Asked(row.asked, row.asked_at))


def _row(target_id: UUID, difference: Difference) -> PaceDifferenceRow:
    told = difference.told
    return PaceDifferenceRow(
        target_id=target_id,
        told_episode=told.episode if told else None,
        told_revision=told.revision if told else None,
        known_episode=difference.known.episode,
        known_revision=difference.known.revision,
        told_at=difference.told_at,
        confirmed=difference.confirmed,
        asked=difference.asked.times,
        asked_at=difference.asked.at,
    )
