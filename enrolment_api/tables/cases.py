"""Cases of identity: a personal ID that is known for another person than a sign-up names."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Index, Integer, Text, Uuid, text
from sqlmodel import Field

from enrolment_api.domain.identity import CaseStatus
from enrolment_api.tables.base import Base
from services.persistence.checks import one_of


class IdentityCaseRow(Base, table=True):
    """A claim that the agency decides; see `domain.identity`. `sealed` is the person who is claimed: see `people.keys`.

    `decided_by` is the organisation, `decided_subject` the person or client of the newest decision. `given_to` are the
    participants without an index whose sign-ups became those that lost the ID by its acceptance.
    """

    __tablename__ = "identity_cases"
    __table_args__ = (
        one_of("status", CaseStatus),
        Index("ix_identity_cases_participant_id", "participant_id"),
        Index("ix_identity_cases_organisation_code", "organisation_code", "opened_at"),
    )

    id: UUID = Field(primary_key=True)
    participant_id: UUID = Field(foreign_key="participants.id")
    organisation_code: str = Field(sa_type=Text)
    collector_code: str = Field(sa_type=Text)
    external_ref: str = Field(sa_type=Text)
    sealed: bytes
    opened_at: datetime
    status: CaseStatus = Field(default="open", sa_type=Text)
    version: int = Field(default=1, sa_type=Integer, sa_column_kwargs={"server_default": text("1")})
    decided_at: datetime | None = None
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_subject: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    given_to: list[UUID] = Field(default=[], sa_type=ARRAY(Uuid), sa_column_kwargs={"server_default": text("'{}'")})
