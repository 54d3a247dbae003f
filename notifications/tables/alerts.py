"""The alerts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import conv
from sqlmodel import Field

from notifications.domain.alert import Resolution, Status
from notifications.tables.base import Base
from services.persistence.checks import one_of
from services.vocabulary import Severity


class AlertRow(Base, table=True):
    """One episode of one target. The figures are those of the last event received.

    `acknowledged_by` is the organisation; `acknowledged_subject` and `acknowledged_name` are the person of it, null
    where the version before wrote the row. `owner` is the organisation that the alert belongs to.

    `resolution` is null where the alert is not resolved, or was before this was kept.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("status", Status),
        one_of("severity", Severity),
        one_of("resolution", Resolution),
        CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name=conv("alerts_check")),
        UniqueConstraint("target_id", "episode", name="uq_alerts_target_episode"),
        Index("ix_alerts_path", "path", postgresql_using="gin"),
        Index("ix_alerts_unresolved", "target_id", postgresql_where=text("status <> 'resolved'")),
    )

    id: UUID = Field(primary_key=True)
    target_id: UUID
    episode: int
    status: Status = Field(sa_type=Text)
    severity: Severity = Field(sa_type=Text)
    subject: dict[str, Any] = Field(sa_type=JSONB)
    path: list[str] = Field(sa_type=JSONB)
    figures: dict[str, Any] = Field(sa_type=JSONB)
    unit_name: str | None = Field(default=None, sa_type=Text)
    target_name: str | None = Field(default=None, sa_type=Text)
    scheme: str = Field(sa_type=Text)
    measure: str = Field(sa_type=Text)
    starts_on: date
    ends_on: date
    raised_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = Field(default=None, sa_type=Text)
    acknowledged_subject: str | None = Field(default=None, sa_type=Text)
    acknowledged_name: str | None = Field(default=None, sa_type=Text)
    resolved_at: datetime | None = None
    resolution: Resolution | None = Field(default=None, sa_type=Text)
    version: int
    last_revision: int
    owner: str | None = Field(default=None, sa_type=Text)
