"""Statements that write alerts, and locking reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, or_, text, true
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from notifications.domain.inhibition import Lag
from notifications.ownership.queries import alerts_of
from notifications.tables.alerts import AlertRow
from services.errors import Unavailable
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.persistence.unnest import among, columns_of, insert_many, table_of, unnest

Episode: TypeAlias = tuple[UUID, int]
"""A target's id and the number of the time that it fell behind."""

# Locks are FOR NO KEY UPDATE, so that whoever queues deliveries of an alert does not wait for whoever changes it.
_wanted = unnest("wanted", target_ids=Uuid(), episodes=Integer())
FROM_EPISODES_AND_UNRESOLVED = (
    select(AlertRow)
    .join(_wanted, col(AlertRow.target_id) == _wanted.c.target_ids)
    .where(or_(col(AlertRow.episode) >= _wanted.c.episodes, col(AlertRow.status) != "resolved"))
    .order_by(col(AlertRow.id))
    .with_for_update(key_share=True, of=AlertRow)
)


class EpisodeBefore(NamedTuple):
    """The alert of an episode that another one followed."""

    target_id: UUID
    episode: int
    id: UUID


_earlier = (
    select_columns(col(AlertRow.target_id), col(AlertRow.episode), col(AlertRow.id))
    .where(col(AlertRow.target_id) == _wanted.c.target_ids, col(AlertRow.episode) < _wanted.c.episodes)
    .order_by(col(AlertRow.episode).desc())
    .limit(1)
    .lateral("earlier")
)
BEFORE: Final = Query(EpisodeBefore, select_columns(*_earlier.c).select_from(_wanted.join(_earlier, true())).distinct())
INSERT: Final = (
    insert_many(AlertRow)
    .on_conflict_do_nothing(constraint="uq_alerts_target_episode")
    .returning(table_of(AlertRow).c.id)
)
_unit = col(AlertRow.subject)["unit_code"].astext
LAGS: Final = Query(
    Lag,
    select_columns(
        col(AlertRow.id), col(AlertRow.path), col(AlertRow.scheme), col(AlertRow.measure), col(AlertRow.severity)
    ).where(
        text("status <> 'resolved'"),  # a literal, that the partial index needs
        _unit == among("codes", Text()),
        col(AlertRow.subject)["organisation_code"].astext.is_(None),
        col(AlertRow.subject)["collector_code"].astext.is_(None),
    ),
)
_owner = bindparam("own_of", type_=Text)
FOR_UPDATE: Final = (
    select(AlertRow)
    .where(col(AlertRow.id) == bindparam("alert_id"), or_(_owner.is_(None), col(AlertRow.id).in_(alerts_of(_owner))))
    .with_for_update(key_share=True)
)


async def from_episodes(work: UnitOfWork, episodes: Collection[Episode]) -> Sequence[AlertRow]:
    """The alerts of these episodes and of later ones of their targets, and earlier ones that are not resolved; locked
    in the same order by every unit of work, so that no two block each other."""
    first = dict(sorted(episodes, reverse=True))  # the lowest number of each target comes last, and stays
    rows = await work.scalars(
        FROM_EPISODES_AND_UNRESOLVED, {"target_ids": list(first), "episodes": list(first.values())}
    )
    return rows.all()


async def alerts_before(work: UnitOfWork, episodes: Collection[Episode]) -> list[EpisodeBefore]:
    """The last alerts of these targets before these episodes."""
    values = {"target_ids": [target for target, _ in episodes], "episodes": [number for _, number in episodes]}
    return await work.all(BEFORE, values)


async def insert_all(work: UnitOfWork, rows: Sequence[AlertRow]) -> None:
    """Insert new alerts. Raises Unavailable where another worker was faster: then the batch is done again."""
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: (row.target_id, row.episode))
    inserted = (await work.execute(INSERT, columns_of(row.model_dump() for row in ordered))).all()
    if len(inserted) < len(rows):
        raise Unavailable("another worker has just raised the same alert")


async def lags_of(session: ReadSession, units: Collection[str]) -> list[Lag]:
    """The unresolved alerts of these units alone."""
    return await session.all(LAGS, {"codes": sorted(units)})


async def one_for_change(work: UnitOfWork, alert_id: UUID, own_of: str | None) -> AlertRow | None:
    """The alert, locked; where an organisation is given, among its own."""
    found = await work.scalars(FOR_UPDATE, {"alert_id": alert_id, "own_of": own_of})
    row: AlertRow | None = found.one_or_none()
    return row
