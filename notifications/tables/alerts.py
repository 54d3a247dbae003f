"""The alerts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Index, Integer, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notifications.domain.alert import Status
from notifications.tables.base import Base
from services.vocabulary import Severity


class AlertRow(Base, table=True):
    """One episode of one target. The figures are those of the last that was heard of it."""

    __tablename__: ClassVar[str] = "alerts"
    __table_args__ = (
        UniqueConstraint("target_id", "episode", name="uq_alerts_target_episode"),
        Index("ix_alerts_path", "path", postgresql_using="gin"),
        Index("ix_alerts_unresolved", "target_id", postgresql_where=text("status <> 'resolved'")),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    target_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    episode: int = Field(sa_column=Column(Integer, nullable=False))
    status: Status = Field(sa_column=Column(Text, nullable=False))
    severity: Severity = Field(sa_column=Column(Text, nullable=False))
    subject: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    path: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    figures: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    unit_name: str | None = Field(default=None, sa_column=Column(Text))
    target_name: str | None = Field(default=None, sa_column=Column(Text))
    scheme: str = Field(sa_column=Column(Text, nullable=False))
    measure: str = Field(sa_column=Column(Text, nullable=False))
    starts_on: date = Field(sa_column=Column(Date, nullable=False))
    ends_on: date = Field(sa_column=Column(Date, nullable=False))
    raised_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    acknowledged_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    acknowledged_by: str | None = Field(default=None, sa_column=Column(Text))
    resolved_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    last_revision: int = Field(sa_column=Column(Integer, nullable=False))
