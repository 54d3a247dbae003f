"""The registry as published by enrolment, and its closures: every node with itself and all above it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlmodel import Field

from services.persistence.checks import one_of
from services.vocabulary import UnitLevel
from targets_api.tables.base import Base


def _by_upper_code(table: str) -> Index:
    """Codes that differ only in case are one."""
    return Index(f"ix_{table}_upper_code", text("upper(code)"))


class UnitRow(Base, table=True):
    """A unit as its highest version says. The parent may not have been received yet: it is the unit that this one is
    told below, for one that ended in favour of a single unit the successor (`domain.placing`).

    It exists from `valid_from` to `valid_to`, both included, null: without limit. `apart_until`, the last day, is there
    where it is told below its successor; `nobody_on`, the eve of the first day, where it took the place of another on
    that day."""

    __tablename__ = "units"
    __table_args__ = (
        one_of("level", UnitLevel),
        Index("ix_units_parent_code", "parent_code"),
        _by_upper_code("units"),
        Index("ix_units_nobody_on", "code", postgresql_where=text("nobody_on IS NOT NULL")),
    )

    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    level: UnitLevel = Field(sa_type=Text)
    parent_code: str | None = Field(default=None, sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    valid_from: date | None = None
    valid_to: date | None = None
    apart_until: date | None = None
    nobody_on: date | None = None


class UnitSuccessorRow(Base, table=True):
    """A unit that ended, and one that took its place."""

    __tablename__ = "unit_successors"
    __table_args__ = (Index("ix_unit_successors_successor_code", "successor_code"),)

    unit_code: str = Field(primary_key=True, sa_type=Text)
    successor_code: str = Field(primary_key=True, sa_type=Text)


class UnitAncestorRow(Base, table=True):
    """A unit and one that is above it; itself at depth 0. `apart_until` is the last day on which it was no part of that
    one yet, null where it always was."""

    __tablename__ = "unit_ancestors"
    __table_args__ = (
        CheckConstraint("depth >= 0", name="depth"),
        Index("ix_unit_ancestors_ancestor_code", "ancestor_code", "unit_code"),
        Index("ix_unit_ancestors_apart", "ancestor_code", postgresql_where=text("apart_until IS NOT NULL")),
    )

    unit_code: str = Field(primary_key=True, sa_type=Text)
    ancestor_code: str = Field(primary_key=True, sa_type=Text)
    depth: int
    apart_until: date | None = None


class OrganisationRow(Base, table=True):
    """A collection organisation as its highest version says."""

    __tablename__ = "organisations"
    __table_args__ = (Index("ix_organisations_parent_code", "parent_code"), _by_upper_code("organisations"))

    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    parent_code: str | None = Field(default=None, sa_type=Text)
    version: int = Field(sa_type=BigInteger)


class OrganisationAncestorRow(Base, table=True):
    """An organisation and one that is above it; itself at depth 0."""

    __tablename__ = "organisation_ancestors"
    __table_args__ = (
        CheckConstraint("depth >= 0", name="depth"),
        Index("ix_organisation_ancestors_ancestor_code", "ancestor_code", "organisation_code"),
    )

    organisation_code: str = Field(primary_key=True, sa_type=Text)
    ancestor_code: str = Field(primary_key=True, sa_type=Text)
    depth: int


class CollectorRow(Base, table=True):
    """A collector. Who they are is personal data and stays in enrolment."""

    __tablename__ = "collectors"
    __table_args__ = (_by_upper_code("collectors"),)

    code: str = Field(primary_key=True, sa_type=Text)
    organisation_code: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
