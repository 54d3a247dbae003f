"""The chains of escalation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notifications.tables.base import Base


class EscalationRow(Base, table=True):
    """A chain of escalation, of one unit at most each; `steps` are as they were put: `after`, in ISO 8601, and
    `routes`, by name."""

    __tablename__ = "escalations"
    __table_args__ = (Index("uq_escalations_under", text("coalesce(under, '')"), unique=True),)

    name: str = Field(primary_key=True, sa_type=Text)
    under: str | None = Field(default=None, sa_type=Text)
    steps: list[dict[str, Any]] = Field(sa_type=JSONB)
    created_at: datetime
    updated_at: datetime


class EscalationRouteRow(Base, table=True):
    """A route that a chain names, in whichever of its steps: none of these is removed."""

    __tablename__ = "escalation_routes"
    __table_args__ = (Index("ix_escalation_routes_route_name", "route_name"),)

    escalation_name: str = Field(primary_key=True, sa_type=Text, foreign_key="escalations.name", ondelete="CASCADE")
    route_name: str = Field(primary_key=True, sa_type=Text, foreign_key="routes.name")
