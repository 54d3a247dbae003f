"""The silences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import conv
from sqlmodel import Field

from notifications.tables.base import Base
from services.persistence.checks import one_of
from services.vocabulary import Scheme, Severity


class SilenceRow(Base, table=True):
    """A silence; see domain/silence.py. It stays once it is over. `put_by` and `ended_by` are persons."""

    __tablename__ = "silences"
    __table_args__ = (
        one_of("scheme", Scheme),
        one_of("severity", Severity),
        CheckConstraint("starts_at < ends_at", name=conv("silences_check")),
        Index("ix_silences_ends_at", "ends_at", postgresql_where=text("ended_at IS NULL")),
    )

    name: str = Field(primary_key=True, sa_type=Text)
    under: str | None = Field(default=None, sa_type=Text)
    organisation_code: str | None = Field(default=None, sa_type=Text)
    scheme: Scheme | None = Field(default=None, sa_type=Text)
    severity: Severity | None = Field(default=None, sa_type=Text)
    starts_at: datetime
    ends_at: datetime
    reason: str = Field(sa_type=Text)
    put_by: dict[str, Any] = Field(sa_type=JSONB)
    put_at: datetime
    ended_by: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    ended_at: datetime | None = None
