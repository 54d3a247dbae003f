"""Whose alerts are."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from notifications.tables.base import Base


class AlertOwnerRow(Base, table=True):
    """An organisation that an alert belongs to: that of its target, or one above that."""

    __tablename__ = "alert_owners"
    __table_args__ = (
        Index("ix_alert_owners_alert_id", "alert_id"),
        Index("ix_alert_owners_upper_code", text("upper(organisation_code)"), "alert_id"),
    )

    organisation_code: str = Field(primary_key=True, sa_type=Text)
    alert_id: UUID = Field(primary_key=True, foreign_key="alerts.id")
