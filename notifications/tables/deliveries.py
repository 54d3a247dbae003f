"""The deliveries, and each attempt to send one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notifications.domain.alert import ChangeKind
from notifications.domain.delivery import Channel, State
from notifications.tables.base import Base


class DeliveryRow(Base, table=True):
    """One change of one alert for one route. `alert` is the alert as it was then, the same in every attempt.

    `early_attempts` of the `attempts` were made before their time, since the receiver had just taken something else.
    """

    __tablename__: ClassVar[str] = "deliveries"
    __table_args__ = (
        UniqueConstraint("alert_id", "alert_version", "route_name", name="uq_deliveries_alert_version_route"),
        Index("ix_deliveries_due", "next_attempt_at", postgresql_where="state = 'pending'"),
        Index("ix_deliveries_leased", "leased_until", postgresql_where="state = 'sending'"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    alert_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("alerts.id"), nullable=False))
    alert_version: int = Field(sa_column=Column(Integer, nullable=False))
    change: ChangeKind = Field(sa_column=Column(Text, nullable=False))
    alert: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    route_name: str = Field(sa_column=Column(Text, nullable=False))
    channel: Channel = Field(sa_column=Column(Text, nullable=False))
    address: str = Field(sa_column=Column(Text, nullable=False))
    state: State = Field(sa_column=Column(Text, nullable=False))
    attempts: int = Field(sa_column=Column(Integer, nullable=False))
    early_attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    queued_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    next_attempt_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    leased_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    last_error: str | None = Field(default=None, sa_column=Column(Text))
    sent_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class AttemptRow(Base, table=True):
    """What came of one attempt."""

    __tablename__: ClassVar[str] = "delivery_attempts"

    delivery_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True))
    attempt: int = Field(sa_column=Column(Integer, primary_key=True))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    outcome: str = Field(sa_column=Column(Text, nullable=False))
    detail: str = Field(sa_column=Column(Text, nullable=False))
