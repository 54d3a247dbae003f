"""The alerts of which routes were not notified."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notifications.domain.alert import ChangeKind
from notifications.tables.base import Base
from services.persistence.checks import one_of


class HushedAlertRow(Base, table=True):
    """An alert of which something was not told. `change` is the last that was not: null where that is only that the
    alert is there, to a route that was put meanwhile.

    `silenced_by` names the silence that hushes it longest, `inhibited_by` is the alert above it that does, at the last
    look; `check_at` is when to look again. `routes` are those that steps of an escalation have named meanwhile. The row
    ends when the routes are told, or the alert is resolved.
    """

    __tablename__ = "hushed_alerts"
    __table_args__ = (
        one_of("change", ChangeKind),
        Index("ix_hushed_alerts_check_at", "check_at"),
        Index("ix_hushed_alerts_silenced_by", "silenced_by"),
        Index("ix_hushed_alerts_inhibited_by", "inhibited_by"),
    )

    alert_id: UUID = Field(primary_key=True, foreign_key="alerts.id")
    change: ChangeKind | None = Field(default=None, sa_type=Text)
    since: datetime
    check_at: datetime
    silenced_by: str | None = Field(default=None, sa_type=Text)
    inhibited_by: UUID | None = None
    routes: list[str] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
