"""The ledger of every counted sign-up, and the tallies drawn from it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from services.persistence.checks import one_of
from services.vocabulary import Kind, Scheme
from targets_api.tables.base import Base


class LedgerRow(Base, table=True):
    """A counted event. Being the primary key, the event id makes the ledger its own inbox.

    `checksum` is NULL where the source cannot publish the event again: such entries are not compared with it. What the
    contract of the event leaves open, such as the order of the dates, is left open here: a refused row would be a dead
    letter.
    """

    __tablename__ = "ledger"
    __table_args__ = (one_of("scheme", Scheme), one_of("kind", Kind))

    event_id: UUID = Field(primary_key=True)
    enrolment_id: UUID
    unit_code: str = Field(sa_type=Text)
    organisation_code: str = Field(sa_type=Text)
    collector_code: str = Field(sa_type=Text)
    scheme: Scheme = Field(sa_type=Text)
    kind: Kind = Field(sa_type=Text)
    signed_on: date
    covered_from: date
    covered_to: date
    checksum: int | None = Field(default=None, sa_type=BigInteger)


class TallyRow(Base, table=True):
    """Sign-ups of one kind of a day. The key begins with what a unit is read by; `n` is in no index, and the fillfactor
    leaves space beside each row for its next version, so that counting stays a heap-only update.

    `n` has no lower bound: a cancellation may be received before its sign-up.
    """

    __tablename__ = "tallies"
    __table_args__ = (
        one_of("scheme", Scheme),
        one_of("kind", Kind),
        Index("ix_tallies_organisation_code", "organisation_code", "scheme", "day"),
        Index("ix_tallies_collector_code", "collector_code", "scheme", "day"),
        {"postgresql_with": {"fillfactor": "75"}},
    )

    unit_code: str = Field(primary_key=True, sa_type=Text)
    scheme: Scheme = Field(primary_key=True, sa_type=Text)
    day: date = Field(primary_key=True)
    kind: Kind = Field(primary_key=True, sa_type=Text)
    organisation_code: str = Field(primary_key=True, sa_type=Text)
    collector_code: str = Field(primary_key=True, sa_type=Text)
    n: int = Field(sa_type=BigInteger)
