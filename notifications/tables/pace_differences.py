"""Targets whose alerts differ from the summary of the targets service."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from notifications.tables.base import Base


class PaceDifferenceRow(Base, table=True):
    """`source_*` is from the summary, null where the target does not lag; `known_*` the highest that was received.

    It is confirmed once two summaries in a row have shown the same.
    """

    __tablename__ = "pace_differences"

    target_id: UUID = Field(primary_key=True)
    source_episode: int | None = Field(default=None, sa_column_kwargs={"name": "told_episode", "key": "source_episode"})
    source_revision: int | None = Field(
        default=None, sa_column_kwargs={"name": "told_revision", "key": "source_revision"}
    )
    known_episode: int
    known_revision: int
    summarised_at: datetime = Field(sa_column_kwargs={"name": "told_at", "key": "summarised_at"})
    confirmed: bool
    asked: int
    asked_at: datetime | None = None
