"""Statements that write the differences."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, delete
from sqlalchemy.dialects.postgresql import insert

from notifications.domain.pace_comparison import Difference
from notifications.tables.base import Base
from notifications.tables.pace_differences import PaceDifferenceRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among

_TABLE = Base.metadata.tables["pace_differences"]
DELETE: Final = delete(_TABLE).where(_TABLE.c.target_id == among("target_ids", Uuid()))
INSERT: Final = insert(_TABLE)
UPSERT: Final = INSERT.on_conflict_do_update(
    index_elements=["target_id"],
    set_={column.key: INSERT.excluded[column.key] for column in _TABLE.c if not column.primary_key},
)


async def save(work: UnitOfWork, found: Mapping[UUID, Difference], gone: Collection[UUID]) -> None:
    """Store what differs, and delete what no longer does; in the order of targets."""
    if gone:
        await work.execute(DELETE, {"target_ids": sorted(gone)})
    if found:
        await work.execute(UPSERT, [_row(target_id, each).model_dump() for target_id, each in sorted(found.items())])


def _row(target_id: UUID, difference: Difference) -> PaceDifferenceRow:
    source = difference.source
    return PaceDifferenceRow(
        target_id=target_id,
        source_episode=source.episode if source else None,
        source_revision=source.revision if source else None,
        known_episode=difference.known.episode,
        known_revision=difference.known.revision,
        summarised_at=difference.summarised_at,
        confirmed=difference.confirmed,
        asked=difference.asked.times,
        asked_at=difference.asked.at,
    )
