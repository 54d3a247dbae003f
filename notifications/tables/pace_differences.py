"""Targets whose alerts differ from what the targets service tells."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Integer, Uuid
from sqlmodel import Field

from notifications.tables.base import Base


class PaceDifferenceRow(Base, table=True):
    """`told_*` is what the source says, null where the target does not lag; `known_*` the highest that was heard.

    It is confirmed once two summaries in a row have shown the same.
    """

    __tablename__: ClassVar[str] = "pace_differences"

    target_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    told_episode: int | None = Field(default=None, sa_column=Column(Integer))
    told_revision: int | None = Field(default=None, sa_column=Column(Integer))
    known_episode: int = Field(sa_column=Column(Integer, nullable=False))
    known_revision: int = Field(sa_column=Column(Integer, nullable=False))
    told_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    confirmed: bool = Field(sa_column=Column(Boolean, nullable=False))
    asked: int = Field(sa_column=Column(Integer, nullable=False))
    asked_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
