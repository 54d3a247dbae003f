"""The units that are registered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field

from notifications.tables.base import Base
from services.persistence.checks import one_of
from services.vocabulary import UnitLevel


class UnitRow(Base, table=True):
    """A unit at its highest version: what its checksum is made of. Codes that differ only in case are one.

    `name` and `level` are null where the version before wrote the row."""

    __tablename__ = "units"
    __table_args__ = (
        one_of("level", UnitLevel),
        Index("ix_units_upper_code", text("upper(code)")),
    )

    code: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    name: str | None = Field(default=None, sa_type=Text)
    level: UnitLevel | None = Field(default=None, sa_type=Text)
