"""The registry's rows. `version` grows with each change and travels in the events, so that late ones can be told."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, Text
from sqlmodel import Field

from enrolment_api.tables.base import Base


class UnitRow(Base, table=True):
    """A province, a grassroots insurance unit, a commune or a village."""

    __tablename__ = "units"
    __table_args__ = (Index("ix_units_parent_code", "parent_code"),)

    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    parent_code: str | None = Field(None, sa_type=Text, sa_column_args=[ForeignKey("units.code")])
    version: int = Field(1, sa_type=Integer)


class OrganisationRow(Base, table=True):
    """A collection organisation."""

    __tablename__ = "organisations"

    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    parent_code: str | None = Field(None, sa_type=Text, sa_column_args=[ForeignKey("organisations.code")])
    version: int = Field(1, sa_type=Integer)


class CollectorRow(Base, table=True):
    """A collector of one organisation. The name is personal data."""

    __tablename__ = "collectors"
    __table_args__ = (Index("ix_collectors_organisation_code", "organisation_code"),)

    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    organisation_code: str = Field(sa_type=Text, sa_column_args=[ForeignKey("organisations.code")])
    version: int = Field(1, sa_type=Integer)
