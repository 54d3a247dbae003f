"""Targets, and the baselines that some are measured from."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlmodel import Field

from services.persistence.checks import one_of
from services.vocabulary import Measure, Scheme
from targets_api.tables.base import Base


class TargetRow(Base, table=True):
    """A target. Scope, scheme, measure, period and name together are unique among those that are not withdrawn.

    `set_on` is null for those that were set before it was kept; so are `set_at` and who set it. One with a `parent_id`
    is a share of that target.
    """

    __tablename__ = "targets"
    __table_args__ = (
        one_of("scheme", Scheme),
        one_of("measure", Measure),
        CheckConstraint("num_nonnulls(unit_code, organisation_code, collector_code) > 0", name="scope"),
        CheckConstraint("value > 0", name="value"),  # pace divides by it
        CheckConstraint("ends_on >= starts_on", name="period"),
        CheckConstraint("version >= 1", name="version"),
        Index(
            "uq_targets_promise",
            *("unit_code", "organisation_code", "collector_code"),
            *("scheme", "measure", "starts_on", "ends_on", "name"),
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("withdrawn_on IS NULL"),
        ),
        Index("ix_targets_organisation_code", "organisation_code", "scheme"),
        Index("ix_targets_collector_code", "collector_code", "scheme"),
        Index("ix_targets_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    unit_code: str | None = Field(default=None, sa_type=Text)
    organisation_code: str | None = Field(default=None, sa_type=Text)
    collector_code: str | None = Field(default=None, sa_type=Text)
    scheme: Scheme = Field(sa_type=Text)
    measure: Measure = Field(sa_type=Text)
    value: float
    starts_on: date
    ends_on: date
    name: str | None = Field(default=None, sa_type=Text)
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    set_on: date | None = None
    withdrawn_on: date | None = None
    parent_id: UUID | None = Field(default=None, foreign_key="targets.id")
    set_at: datetime | None = None
    set_by_organisation: str | None = Field(default=None, sa_type=Text)
    set_by_subject: str | None = Field(default=None, sa_type=Text)


class TargetChangeRow(Base, table=True):
    """A revision or a withdrawal of a target: who did it, why, and which version it made.

    A revision changes `value_before` to `value`, from the day `holds_from` on; a withdrawal has none of these.
    """

    __tablename__ = "target_changes"
    __table_args__ = (
        CheckConstraint("version > 1", name="version"),
        CheckConstraint("num_nonnulls(value_before, value, holds_from) IN (0, 3)", name="kind"),
    )

    target_id: UUID = Field(primary_key=True, foreign_key="targets.id")
    version: int = Field(primary_key=True)
    value_before: float | None = None
    value: float | None = None
    holds_from: date | None = None
    reason: str = Field(sa_type=Text)
    organisation_code: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    changed_at: datetime


class BaselineRow(Base, table=True):
    """How many live in a unit and how many of them a scheme covers, at the end of the day `on`."""

    __tablename__ = "baselines"
    __table_args__ = (
        one_of("scheme", Scheme),
        CheckConstraint("population > 0", name="population"),
        CheckConstraint("covered BETWEEN 0 AND population", name="covered"),
    )

    unit_code: str = Field(primary_key=True, sa_type=Text)
    scheme: Scheme = Field(primary_key=True, sa_type=Text)
    on: date = Field(primary_key=True)
    population: int = Field(sa_type=BigInteger)
    covered: int = Field(sa_type=BigInteger)
