"""Targets, and the baselines that some are measured from."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text
from sqlmodel import Field

from services.persistence.checks import one_of
from services.vocabulary import Measure, Scheme
from targets_api.tables.base import Base


class TargetRow(Base, table=True):
    """A target. Scope, scheme, measure, period and name together are unique."""

    __tablename__ = "targets"
    __table_args__ = (
        one_of("scheme", Scheme),
        one_of("measure", Measure),
        CheckConstraint("num_nonnulls(unit_code, organisation_code, collector_code) > 0", name="scope"),
        CheckConstraint("value > 0", name="value"),  # pace divides by it
        CheckConstraint("ends_on >= starts_on", name="period"),
        Index(
            "uq_targets_promise",
            *("unit_code", "organisation_code", "collector_code"),
            *("scheme", "measure", "starts_on", "ends_on", "name"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_targets_organisation_code", "organisation_code", "scheme"),
        Index("ix_targets_collector_code", "collector_code", "scheme"),
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
