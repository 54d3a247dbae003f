"""The ledger of every counted sign-up, and the tallies drawn from it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from targets_api.tables.base import Base


class LedgerEntry(Base, table=True):
    """A counted event. Being the primary key, the event id makes the ledger its own inbox.

    `checksum` is NULL where the source cannot publish the event again: such entries are not compared with it.
    """

    __tablename__ = "ledger"

    event_id: UUID = Field(primary_key=True)
    enrolment_id: UUID
    unit_code: str = Field(sa_type=Text)
    organisation_code: str = Field(sa_type=Text)
    collector_code: str = Field(sa_type=Text)
    scheme: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    signed_on: date
    covered_from: date
    covered_to: date
    checksum: int | None = Field(default=None, sa_type=BigInteger)


class Tally(Base, table=True):
    """Sign-ups of one kind of a day. The key begins with what a unit is read by; `n` is in no index, so that counting
    stays a heap-only update."""

    __tablename__ = "tallies"
    __table_args__ = (
        Index("ix_tallies_organisation_code", "organisation_code", "scheme", "day"),
        Index("ix_tallies_collector_code", "collector_code", "scheme", "day"),
    )

    unit_code: str = Field(sa_type=Text, primary_key=True)
    scheme: str = Field(sa_type=Text, primary_key=True)
    day: date = Field(primary_key=True)
    kind: str = Field(sa_type=Text, primary_key=True)
    organisation_code: str = Field(sa_type=Text, primary_key=True)
    collector_code: str = Field(sa_type=Text, primary_key=True)
    n: int = Field(sa_type=BigInteger)
