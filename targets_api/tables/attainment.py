"""How far each target has come, and what is to be done after entries were taken out of the ledger."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text
from sqlmodel import Field

from services.persistence.checks import one_of
from services.vocabulary import PaceStatus, Severity
from targets_api.tables.base import Base


class RecountRow(Base, table=True):
    """A statement took entries out of the ledger: targets are to be counted anew from the tallies."""

    __tablename__ = "recounts"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)])


class AttainmentRow(Base, table=True):
    """How far a target has come, and what has been reported of it.

    `achieved` counts the sign-ups from `count_from` to the end of the period; on top of the baseline's count where the
    measure starts from one. `covered_at_start` still moves with late sign-ups from `start_from` to the day before the
    start; where `start_from` is null it is fixed. Neither has a lower bound: what is cancelled may outweigh what came
    since the count, and a cancellation may be received before its sign-up. `measured_from` is the day after the first
    baseline, where that is within the period; `population_at_start` is that of the count where the target began.

    The fillfactor leaves space beside each row for its next version, so that counting touches no index.
    """

    __tablename__ = "target_progress"
    __table_args__ = (
        one_of("status", PaceStatus),
        one_of("severity", Severity),
        one_of("told", Severity),
        CheckConstraint("population > 0", name="population"),
        CheckConstraint("episode >= 0", name="episode"),
        CheckConstraint("revision >= 0", name="revision"),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    target_id: UUID = Field(primary_key=True, foreign_key="targets.id")
    achieved: int = Field(default=0, sa_type=BigInteger)
    covered_at_start: int = Field(default=0, sa_type=BigInteger)
    population: int | None = Field(default=None, sa_type=BigInteger)
    population_at_start: int | None = Field(default=None, sa_type=BigInteger)
    count_from: date
    start_from: date | None = None
    measured_from: date | None = None
    status: PaceStatus = Field(default="not_started", sa_type=Text)
    severity: Severity | None = Field(default=None, sa_type=Text)
    lagging: bool = False
    reported: Severity | None = Field(default=None, sa_type=Text, sa_column_kwargs={"name": "told", "key": "reported"})
    episode: int = 0
    revision: int = 0
    reviewed_on: date | None = None


class TargetPartRow(Base, table=True):
    """A unit below a stock target's own, from whose baseline it is measured, since its own unit has none.

    Sign-ups in the part count from `count_from`; those from `start_from` on move where the target began.
    """

    __tablename__ = "target_parts"
    __table_args__ = (Index("ix_target_parts_unit_code", "unit_code"),)

    target_id: UUID = Field(primary_key=True, foreign_key="targets.id")
    unit_code: str = Field(primary_key=True, sa_type=Text)
    count_from: date
    start_from: date | None = None


class VerdictRow(Base, table=True):
    """A verdict as it was given of a target, from the day `on` to the day `until`, on which it was last confirmed. Of a
    day on which there were several it is the last one; days on which nothing was judged lie in no such row.

    `lagging`: whether the alert was open.
    """

    __tablename__ = "target_verdicts"
    __table_args__ = (
        one_of("status", PaceStatus),
        one_of("severity", Severity),
        CheckConstraint('until >= "on"', name="until"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    target_id: UUID = Field(primary_key=True, foreign_key="targets.id")
    on: date = Field(primary_key=True)
    until: date
    status: PaceStatus = Field(sa_type=Text)
    severity: Severity | None = Field(default=None, sa_type=Text)
    lagging: bool
