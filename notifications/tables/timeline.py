"""What has become of alerts, entry by entry."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Text, text
from sqlmodel import Field

from notifications.domain.alert import EntryKind, Status
from notifications.tables.base import Base
from services.persistence.checks import one_of
from services.persistence.snapshots import TransactionNumber
from services.vocabulary import Severity


class TimelineRow(Base, table=True):
    """One entry, which is never changed. `status`, `severity` and `version` are those of the alert right after it.

    `organisation_code`, `subject` and `name` are who did it, null where nobody did; `note` is what they wrote.
    `version` is null in entries that a migration made of what was known.

    `xid` is the transaction that wrote it, null where that was before this was kept: streams read by it what has
    changed.
    """

    __tablename__ = "alert_timeline"
    __table_args__ = (
        one_of("kind", EntryKind),
        one_of("status", Status),
        one_of("severity", Severity),
        Index("ix_alert_timeline_alert_id", "alert_id", "seq"),
        Index("ix_alert_timeline_xid", "xid", postgresql_where=text("xid IS NOT NULL")),
        Index("ix_alert_timeline_at", "at", postgresql_where=text("kind <> 'updated'")),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)])
    alert_id: UUID = Field(foreign_key="alerts.id")
    at: datetime
    kind: EntryKind = Field(sa_type=Text)
    status: Status = Field(sa_type=Text)
    severity: Severity = Field(sa_type=Text)
    version: int | None = None
    reason: str = Field(sa_type=Text)
    organisation_code: str | None = Field(default=None, sa_type=Text)
    subject: str | None = Field(default=None, sa_type=Text)
    name: str | None = Field(default=None, sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)
    xid: int | None = Field(
        default=None, sa_type=TransactionNumber, sa_column_kwargs={"server_default": text("pg_current_xact_id()")}
    )
