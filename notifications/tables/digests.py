"""The digests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notifications.domain.digest import Every
from notifications.domain.hours import Weekday
from notifications.tables.base import Base
from services.persistence.checks import one_of


class DigestRow(Base, table=True):
    """A digest; see domain/digest.py. `at` is a time of the day, such as 07:30; `on_day` is the weekday of a weekly
    one. `next_at` is when the next one is due, on the business day."""

    __tablename__ = "digests"
    __table_args__ = (
        one_of("every", Every),
        one_of("on_day", Weekday),
        Index("ix_digests_next_at", "next_at"),
        Index("ix_digests_route_name", "route_name"),
    )

    name: str = Field(primary_key=True, sa_type=Text)
    under: str | None = Field(default=None, sa_type=Text)
    route_name: str = Field(sa_type=Text, foreign_key="routes.name")
    every: Every = Field(sa_type=Text)
    at: str = Field(sa_type=Text)
    on_day: Weekday = Field(default="mon", sa_type=Text)
    days: list[Weekday] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    holidays: bool = False
    next_at: datetime
    created_at: datetime
    updated_at: datetime
