"""What is to be done after entries were taken out of the ledger."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Text
from sqlmodel import Field

from targets_api.tables.base import Base


class Recount(Base, table=True):
    """A statement took entries out of the ledger: targets are to be counted anew from the tallies."""

    __tablename__ = "recounts"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)])


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
