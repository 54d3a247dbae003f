"""The routes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notifications.domain.route import Language
from notifications.tables.base import Base
from services.persistence.checks import one_of
from services.vocabulary import Scheme, Severity


class RouteRow(Base, table=True):
    """Who is notified, and how. `secret` is sealed; see routing/secrets.py. `hours` are as routing/hours.py reads them.
    `repeat` is a duration in ISO 8601, or `never`; null: by the setting, or as its channel needs it.

    The version before knows of the conditions no more than `under` and `min_severity`."""

    __tablename__ = "routes"
    __table_args__ = (one_of("min_severity", Severity), one_of("language", Language), one_of("scheme", Scheme))

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
    organisation_code: str | None = Field(default=None, sa_type=Text)
    collector_code: str | None = Field(default=None, sa_type=Text)
    scheme: Scheme | None = Field(default=None, sa_type=Text)
    min_level: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    hours: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    tested_at: datetime | None = None
    repeat: str | None = Field(default=None, sa_type=Text)
