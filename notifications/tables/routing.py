"""The routes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, DateTime, Text
from sqlmodel import Field

from notifications.domain.delivery import Channel
from notifications.tables.base import Base
from services.vocabulary import Severity


class RouteRow(Base, table=True):
    """Who is told, and how. `secret` is sealed; see routing/secrets.py."""

    __tablename__: ClassVar[str] = "routes"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    under: str | None = Field(default=None, sa_column=Column(Text))
    min_severity: Severity = Field(sa_column=Column(Text, nullable=False))
    channel: Channel = Field(sa_column=Column(Text, nullable=False))
    address: str = Field(sa_column=Column(Text, nullable=False))
    secret: str | None = Field(default=None, sa_column=Column(Text))
    disabled_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    disabled_reason: str | None = Field(default=None, sa_column=Column(Text))
    paused_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    previous_secret: str | None = Field(default=None, sa_column=Column(Text))
    previous_secret_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    updated_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
