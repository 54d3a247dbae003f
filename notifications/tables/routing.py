"""The routes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from notifications.domain.route import Language
from notifications.tables.base import Base
from services.persistence.checks import one_of
from services.vocabulary import Severity


class RouteRow(Base, table=True):
    """Who is notified, and how. `secret` is sealed; see routing/secrets.py."""

    __tablename__ = "routes"
    __table_args__ = (one_of("min_severity", Severity), one_of("language", Language))

    name: str = Field(primary_key=True, sa_type=Text)
    under: str | None = Field(default=None, sa_type=Text)
    min_severity: Severity = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    secret: str | None = Field(default=None, sa_type=Text)
    disabled_at: datetime | None = None
    disabled_reason: str | None = Field(default=None, sa_type=Text)
    paused_until: datetime | None = None
    previous_secret: str | None = Field(default=None, sa_type=Text)
    previous_secret_until: datetime | None = None
    created_at: datetime
    updated_at: datetime
    language: Language = Field(default="vi", sa_type=Text, sa_column_kwargs={"server_default": "vi"})
