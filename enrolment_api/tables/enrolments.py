"""The sign-ups' rows. The row is the idempotency record, and the database itself forbids double cover."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DDL,
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.sql import column
from sqlmodel import Field

from enrolment_api.domain.enrolment import Status
from enrolment_api.domain.terms import Payment
from enrolment_api.tables.base import Base
from services.persistence.checks import one_of
from services.vocabulary import Kind, Scheme


class EnrolmentRow(Base, table=True):
    """A sign-up and what was decided on it.

    `unit_code` and `collector_code` have no foreign keys: both are looked up before each insert, nothing is ever
    removed from the registry, and the locks that a foreign key takes would make sign-ups of a busy collector wait for
    each other. Nor has `participant_id`: only participants without a sign-up are removed, by whoever has just made
    them.

    `sealed` is the person as this sign-up names them, with the fingerprint of what was sent: see `people.keys`.

    `checksum` is that of the facts as they were published last; NULL where the event had an id of its own and cannot be
    published again. `facts_version` is the version since which those are so.

    `joins_household`: the person became the household's member of that number in the fiscal year; see
    `domain.household`. `expected_member_no` was expected instead, and is a warning.
    `ended_unit_code` is the unit that was sent, where it had ended: `unit_code` took its place, which is a warning.

    `supported_months`: for how many of the months the state supports voluntary insurance; NULL in rows of processes
    that do not know of it, and support all of them.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        one_of("scheme", Scheme),
        one_of("kind", Kind),
        one_of("status", Status),
        one_of("payment", Payment),
        Index("uq_enrolments_external_ref", "organisation_code", "external_ref", unique=True),
        Index(
            "uq_enrolments_idempotency_key",
            "organisation_code",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        Index("ix_enrolments_signed_on", "signed_on", "id", postgresql_where=text("checksum IS NOT NULL")),
        Index("ix_enrolments_organisation", "organisation_code", "status", "signed_on", "id"),
        Index("ix_enrolments_unit", "unit_code", "organisation_code", "status", "signed_on", "id"),
        Index(
            "ix_enrolments_collector", "collector_code", "organisation_code", "unit_code", "status", "signed_on", "id"
        ),
        Index(
            "ix_enrolments_covered_to",
            "organisation_code",
            "collector_code",
            "covered_to",
            "id",
            postgresql_where=text("status <> 'cancelled'"),
        ),
        Index(
            "uq_enrolments_household_member",
            "organisation_code",
            "household_code",
            text("(EXTRACT(year FROM signed_on))"),
            "member_no",
            unique=True,
            postgresql_where=text("joins_household AND status <> 'cancelled'"),
        ),
        ExcludeConstraint(
            (column("participant_id", Uuid), "="),
            (column("scheme"), "="),
            (func.daterange(column("covered_from"), column("covered_to"), text("'[]'")), "&&"),
            name="ex_enrolments_double_cover",
            using="gist",
            where=text("status <> 'cancelled'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    organisation_code: str = Field(sa_type=Text)
    external_ref: str = Field(sa_type=Text)
    idempotency_key: str | None = Field(default=None, sa_type=Text)
    scheme: Scheme = Field(sa_type=Text)
    kind: Kind = Field(sa_type=Text)
    status: Status = Field(sa_type=Text)
    unit_code: str = Field(sa_type=Text)
    collector_code: str = Field(sa_type=Text)
    signed_on: date
    months: int = Field(sa_type=SmallInteger)
    amount_paid: int = Field(sa_type=BigInteger)
    receipt_no: str | None = Field(default=None, sa_type=Text)
    participant_id: UUID
    sealed: bytes
    household_code: str | None = Field(default=None, sa_type=Text)
    member_no: int | None = Field(default=None, sa_type=SmallInteger)
    monthly_income: int | None = Field(default=None, sa_type=BigInteger)
    support_group: str = Field(sa_type=Text)
    channel: str | None = Field(default=None, sa_type=Text)
    campaign_code: str | None = Field(default=None, sa_type=Text)
    payment: Payment | None = Field(default=None, sa_type=Text)
    covered_from: date
    covered_to: date
    due: int = Field(sa_type=BigInteger)
    state_support: int = Field(sa_type=BigInteger)
    local_support: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    supported_months: int | None = Field(default=None, sa_type=SmallInteger)
    payable: int = Field(sa_type=BigInteger)
    recorded_at: datetime
    checksum: int | None = Field(default=None, sa_type=BigInteger)
    joins_household: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    expected_member_no: int | None = Field(default=None, sa_type=SmallInteger)
    ended_unit_code: str | None = Field(default=None, sa_type=Text)
    version: int = Field(default=1, sa_type=Integer, sa_column_kwargs={"server_default": text("1")})
    facts_version: int = Field(default=1, sa_type=Integer, sa_column_kwargs={"server_default": text("1")})


class EnrolmentChangeRow(Base, table=True):
    """A version of a sign-up after the first: who made it, when and why, and the names of the fields it changed."""

    __tablename__ = "enrolment_changes"
    __table_args__ = (one_of("status", Status), CheckConstraint("version > 1", name="version"))

    enrolment_id: UUID = Field(primary_key=True, foreign_key="enrolments.id")
    version: int = Field(primary_key=True)
    status: Status = Field(sa_type=Text)
    changed_at: datetime
    organisation_code: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    changed: list[str] = Field(sa_type=ARRAY(Text))


# The exclusion constraint needs its `=` for GiST.
event.listen(
    Base.metadata.tables["enrolments"],
    "before_create",
    DDL("CREATE EXTENSION IF NOT EXISTS btree_gist"),  # type: ignore[no-untyped-call]
)
