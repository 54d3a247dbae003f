"""Targets, how far each has come, and the baselines that some are measured from."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Float, Index, Text
from sqlmodel import Field

from targets_api.tables.base import Base


class TargetRow(Base, table=True):
    """A target. One promise (scope, scheme, measure, period, name) is made once."""

    __tablename__ = "targets"
    __table_args__ = (
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
    scheme: str = Field(sa_type=Text)
    measure: str = Field(sa_type=Text)
    value: float = Field(sa_type=Float(53))
    starts_on: date
    ends_on: date
    name: str | None = Field(default=None, sa_type=Text)


class Baseline(Base, table=True):
    """How many live in a unit and how many of them a scheme covers, at the end of the day `on`."""

    __tablename__ = "baselines"

    unit_code: str = Field(sa_type=Text, primary_key=True)
    scheme: str = Field(sa_type=Text, primary_key=True)
    on: date = Field(primary_key=True)
    population: int = Field(sa_type=BigInteger)
    covered: int = Field(sa_type=BigInteger)
