"""Targets, how far each has come, and the baselines that some are measured from."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Float, Index, Text
from sqlmodel import Field

from targets_api.tables import Base


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


class TargetProgress(Base, table=True):
    """How far a target has come, and what has been told of it.

    `achieved` counts the sign-ups from `count_from` to the end of the period; on top of the baseline's count where the
    measure starts from one. `covered_at_start` still moves with late sign-ups from `start_from` to the day before the
    start; where `start_from` is null it is fixed.
    """

    __tablename__ = "target_progress"

    target_id: UUID = Field(primary_key=True, foreign_key="targets.id")
    achieved: int = Field(default=0, sa_type=BigInteger)
    covered_at_start: int = Field(default=0, sa_type=BigInteger)
    population: int | None = Field(default=None, sa_type=BigInteger)
    count_from: date
    start_from: date | None = None
    status: str = Field(default="not_started", sa_type=Text)
    severity: str | None = Field(default=None, sa_type=Text)
    lagging: bool = False
    told: str | None = Field(default=None, sa_type=Text)
    episode: int = 0
    revision: int = 0
    reviewed_on: date | None = None


class Baseline(Base, table=True):
    """How many live in a unit and how many of them a scheme covers, at the end of the day `on`."""

    __tablename__ = "baselines"

    unit_code: str = Field(sa_type=Text, primary_key=True)
    scheme: str = Field(sa_type=Text, primary_key=True)
    on: date = Field(primary_key=True)
    population: int = Field(sa_type=BigInteger)
    covered: int = Field(sa_type=BigInteger)
