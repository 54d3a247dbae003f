"""The alerts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import conv
from sqlmodel import Field

from notifications.domain.alert import Status
from notifications.domain.pace import PaceResolution
from notifications.tables.base import Base
from services.persistence.checks import one_of
from services.persistence.words import words_in
from services.vocabulary import Severity

_TEXTS: Final = (
    "unit_name",
    "target_name",
    "owner",
    "subject ->> 'unit_code'",
    "subject ->> 'organisation_code'",
    "subject ->> 'collector_code'",
)
WORDS: Final = words_in(" || ' ' || ".join(f"coalesce({each}, '')" for each in _TEXTS))
"""The names and codes by which an alert is looked for, word by word."""


class AlertRow(Base, table=True):
    """One episode of one target. The figures are those of the last event received.

    `acknowledged_by` is the organisation; `acknowledged_subject` and `acknowledged_name` are the person of it, null
    where the version before wrote the row. `owner` is the organisation that the alert belongs to.

    `resolution` is null where the alert is not resolved, was before this was kept, or was ended by hand: then there is
    `resolved_by`. `reported_by` and `resolved_by` are persons, `report` is what was reported in short; causes and
    remedies have tables of their own. `previous_id` is the alert of the episode before, `next_deadline_at` when the
    clock has to look at the alert; `next_escalation_at` the same for its chain of escalation. `unacknowledged_since` is
    null where the version before raised it, whose rows are looked at for their chain at once.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("status", Status),
        one_of("severity", Severity),
        one_of("resolution", PaceResolution),
        CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name=conv("alerts_check")),
        UniqueConstraint("target_id", "episode", name="uq_alerts_target_episode"),
        Index("ix_alerts_path", "path", postgresql_using="gin"),
        Index("ix_alerts_raised_at", "raised_at"),
        Index(
            "ix_alerts_report_due_at",
            "report_due_at",
            postgresql_where=text("status IN ('open', 'acknowledged')"),
        ),
        Index("ix_alerts_upper_collector", text("upper(subject ->> 'collector_code')"), "id"),
        Index(
            "ix_alerts_next_look_at",
            text("least(next_deadline_at, next_escalation_at)"),
            postgresql_where=text("least(next_deadline_at, next_escalation_at) IS NOT NULL"),
        ),
        Index(
            "ix_alerts_unresolved_unit",
            text("(subject ->> 'unit_code')"),
            postgresql_where=text("status <> 'resolved'"),
        ),
        Index("ix_alerts_owner", "owner", postgresql_where=text("owner IS NOT NULL")),
        Index("ix_alerts_words", text(f"({WORDS})"), postgresql_using="gin"),
        Index("ix_alerts_unresolved", "target_id", postgresql_where=text("status <> 'resolved'")),
    )

    id: UUID = Field(primary_key=True)
    target_id: UUID
    episode: int
    status: Status = Field(sa_type=Text)
    severity: Severity = Field(sa_type=Text)
    subject: dict[str, Any] = Field(sa_type=JSONB)
    path: list[str] = Field(sa_type=JSONB)
    figures: dict[str, Any] = Field(sa_type=JSONB)
    unit_name: str | None = Field(default=None, sa_type=Text)
    target_name: str | None = Field(default=None, sa_type=Text)
    scheme: str = Field(sa_type=Text)
    measure: str = Field(sa_type=Text)
    starts_on: date
    ends_on: date
    raised_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = Field(default=None, sa_type=Text)
    acknowledged_subject: str | None = Field(default=None, sa_type=Text)
    acknowledged_name: str | None = Field(default=None, sa_type=Text)
    resolved_at: datetime | None = None
    resolution: PaceResolution | None = Field(default=None, sa_type=Text)
    version: int
    last_revision: int
    owner: str | None = Field(default=None, sa_type=Text)
    report_due_at: datetime | None = None
    level: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    acknowledged_until: datetime | None = None
    overdue_since: datetime | None = None
    reported_at: datetime | None = None
    reported_by: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    report: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    resolved_by: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    resolution_reason: str | None = Field(default=None, sa_type=Text)
    previous_id: UUID | None = None
    next_deadline_at: datetime | None = None
    unacknowledged_since: datetime | None = None
    next_escalation_at: datetime | None = Field(default=None, sa_column_kwargs={"server_default": text("now()")})
