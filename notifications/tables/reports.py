"""What was reported of alerts."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from notifications.domain.report import RemedyState
from notifications.tables.base import Base
from services.persistence.checks import one_of


class AlertCauseRow(Base, table=True):
    """A cause that was reported. `version` is that of the alert which the report made: the highest is the present
    report, earlier ones stay. `place` is its place in the report, from 0."""

    __tablename__ = "alert_causes"

    alert_id: UUID = Field(primary_key=True, foreign_key="alerts.id")
    version: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    code: str = Field(sa_type=Text, foreign_key="causes.code")
    note: str | None = Field(default=None, sa_type=Text)


class AlertRemedyRow(Base, table=True):
    """A remedy that was reported, numbered from 1 over all reports of the alert; `who` may be a person. `version` is
    that of the alert which the report made."""

    __tablename__ = "alert_remedies"
    __table_args__ = (one_of("state", RemedyState),)

    alert_id: UUID = Field(primary_key=True, foreign_key="alerts.id")
    n: int = Field(primary_key=True)
    version: int
    what: str = Field(sa_type=Text)
    who: str = Field(sa_type=Text)
    due_on: date
    state: RemedyState = Field(sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)
    settled_at: datetime | None = None
