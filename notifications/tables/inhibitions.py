"""The policies by which alerts of units hush those of units below."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from notifications.tables.base import Base


class InhibitionRow(Base, table=True):
    """At and below the unit `under`, an alert of a unit hushes those below it; see domain/inhibition.py."""

    __tablename__ = "inhibitions"

    name: str = Field(primary_key=True, sa_type=Text)
    under: str = Field(sa_type=Text)
    updated_at: datetime
