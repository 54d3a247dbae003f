"""The registry's rows. `version` grows with each change and is sent in the events, so that late ones are recognised."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, text
from sqlmodel import Field

from enrolment_api.tables.base import Base
from services.persistence.checks import one_of
from services.vocabulary import UnitLevel


def _by_upper_code(table: str) -> Index:
    """Codes that differ only in case are one. Not unique, since earlier versions told them apart; who holds REGISTRY
    looks before registering."""
    return Index(f"ix_{table}_upper_code", text("upper(code)"))


class UnitRow(Base, table=True):
    """A province, a grassroots insurance unit, a commune or a village.

    It exists from `valid_from` to `valid_to`, both included, null: without limit. `successors` are the codes of the
    units that take its place from then on, in their order.
    """

    __tablename__ = "units"
    __table_args__ = (
        one_of("level", UnitLevel),
        CheckConstraint("valid_from <= valid_to", name="validity"),
        CheckConstraint("(valid_to IS NULL) = (successors IS NULL)", name="successors"),
        Index("ix_units_parent_code", "parent_code"),
        Index("ix_units_successors", "successors", postgresql_where=text("successors IS NOT NULL")),
        _by_upper_code("units"),
    )

    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    level: UnitLevel = Field(sa_type=Text)
    parent_code: str | None = Field(default=None, sa_type=Text, foreign_key="units.code")
    version: int = 1
    valid_from: date | None = None
    valid_to: date | None = None
    successors: list[str] | None = Field(default=None, sa_type=ARRAY(Text))


class UnitStayRow(Base, table=True):
    """Below which unit another lay until that day, and since the day after the one before; now it lies elsewhere."""

    __tablename__ = "unit_stays"

    unit_code: str = Field(primary_key=True, sa_type=Text, foreign_key="units.code")
    until_on: date = Field(primary_key=True)
    parent_code: str = Field(sa_type=Text, foreign_key="units.code")


class OrganisationRow(Base, table=True):
    """A collection organisation."""

    __tablename__ = "organisations"
    __table_args__ = (_by_upper_code("organisations"),)

    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    parent_code: str | None = Field(default=None, sa_type=Text, foreign_key="organisations.code")
    version: int = 1


class CollectorRow(Base, table=True):
    """A collector of one organisation, since `from_on`; null: always. The name is personal data."""

    __tablename__ = "collectors"
    __table_args__ = (Index("ix_collectors_organisation_code", "organisation_code"), _by_upper_code("collectors"))

    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    organisation_code: str = Field(sa_type=Text, foreign_key="organisations.code")
    version: int = 1
    from_on: date | None = None


class CollectorStayRow(Base, table=True):
    """The days for which a collector belonged to an organisation before the present one."""

    __tablename__ = "collector_stays"
    __table_args__ = (CheckConstraint("from_on <= until_on", name="days"),)

    collector_code: str = Field(primary_key=True, sa_type=Text, foreign_key="collectors.code")
    until_on: date = Field(primary_key=True)
    organisation_code: str = Field(sa_type=Text, foreign_key="organisations.code")
    from_on: date | None = None
