"""The units that are registered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field

from notifications.tables.base import Base


class UnitRow(Base, table=True):
    """A unit, and its highest version: what its checksum is made of. Codes that differ only in case are one."""

    __tablename__ = "units"
    __table_args__ = (Index("ix_units_upper_code", text("upper(code)")),)

    code: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(sa_type=BigInteger)
