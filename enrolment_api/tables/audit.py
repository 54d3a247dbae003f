"""The audit trail's rows: they are inserted, and never changed or removed, which triggers see to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from enrolment_api.tables.base import Base


class AuditEntryRow(Base, table=True):
    """Who was shown what in clear, see `domain.audit`. `seq` has no gaps; whoever holds AUDIT gives the next one.

    `ids` are looked for by those who ask who has seen one person's data.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_at", "at"),
        Index("ix_audit_entries_organisation_code", "organisation_code", "seq"),
        Index("ix_audit_entries_ids", "ids", postgresql_using="gin"),
    )

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime
    organisation_code: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    route: str = Field(sa_type=Text)
    ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    filters: dict[str, str] = Field(sa_type=JSONB)
    correlation_id: str = Field(sa_type=Text)
    hash: bytes
